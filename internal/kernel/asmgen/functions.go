package main

// Numbers of the constants in kernel.table.
const (
	one = iota
	two
	half
	signBit
	magnitude
	expHigh
	expLow
	log2e
	round     // 1.5·2²³: adding it rounds to an integer
	roundBias // the same plus 127: the low bits are then the exponent of a power of two
	ln2High
	ln2Low
	exp2 // (eʳ − 1 − r)/r², from the constant term up
	exp3
	exp4
	exp5
	exp6
	expm1Low
	tanhHigh
	logSeries // (ln(1+u)/2s − 1)/s² in s², s = u/(2+u), five terms from the constant up
)

const logTerms = 5

// Numbers of the constants of adam, given with each call.
const (
	adamScale  = iota
	adamFirst  // 1 − β₁
	adamSecond // 1 − β₂
	adamRate
	adamEpsilon
)

// Numbers of the constants of blend and scaleAbs, given with each call.
const (
	blendX = iota
	blendY
	blendZ
)

const (
	absScale = iota
	absMask
)

// routines writes the elementwise functions, the sparse products and the measure of
// the peak for one machine.
func routines(m machine, suffix string) []byte {
	w := &writer{}
	w.begin(m.arch())
	for _, f := range []struct {
		name     string
		pointers int
		body     func(w *writer, m machine)
	}{
		{"exp", 2, func(w *writer, m machine) { m.load(w, 0, 1); exponential(w, m); m.store(w, 0, 0) }},
		{"tanh", 2, tanh},
		{"sigmoid", 2, sigmoid},
		{"softplus", 2, softplus},
		{"tanhSlope", 2, tanhSlope},
		{"sigmoidSlope", 2, sigmoidSlope},
		{"softplusSlope", 2, softplusSlope},
		{"adam", 4, adam},
		{"blend", 4, blend},
		{"scaleAbs", 3, scaleAbs},
	} {
		m.begin(w, f.name+suffix, f.pointers)
		f.body(w, m)
		m.end(w, f.pointers)
	}
	m.rest(w, suffix)
	return w.file()
}

// reduce splits x in register 0 (overwritten) as n·ln 2 + r and leaves eʳ − 1 in
// register 0 and n in register 1; 2 and 3 are scratch, 12 holds constants.
func reduce(w *writer, m machine) {
	m.constant(w, 1, round)
	m.constant(w, 12, log2e)
	m.fma(w, 1, 0, 12)
	m.constant(w, 12, round)
	m.sub(w, 1, 1, 12)
	m.constant(w, 12, ln2High)
	m.fnma(w, 0, 1, 12)
	m.constant(w, 12, ln2Low)
	m.fnma(w, 0, 1, 12)
	polynomial(w, m, 2, 0, exp2, 5)
	m.mul(w, 3, 0, 0)
	m.fma(w, 0, 3, 2)
}

// polynomial sets register d to that of the constants first … first+terms−1 at
// register x by Horner's rule; d+1 is scratch.
func polynomial(w *writer, m machine, d, x, first, terms int) {
	at, spare := d, d+1
	if terms%2 == 0 { // the result alternates between the two registers
		at, spare = spare, at
	}
	m.constant(w, at, first+terms-1)
	for k := terms - 2; k >= 0; k-- {
		m.constant(w, spare, first+k)
		m.fma(w, spare, at, x)
		at, spare = spare, at
	}
}

// exponential sets register 0 to its exponential. The power of two comes in two
// factors, so that results below the normal numbers are rounded once.
func exponential(w *writer, m machine) {
	m.constant(w, 12, expHigh)
	m.min(w, 0, 12, 0)
	m.constant(w, 12, expLow)
	m.max(w, 0, 12, 0)
	reduce(w, m)
	m.constant(w, 12, one)
	m.add(w, 0, 0, 12)
	m.constant(w, 2, round)
	m.constant(w, 12, half)
	m.fma(w, 2, 1, 12)
	m.constant(w, 12, round)
	m.sub(w, 2, 2, 12)
	m.sub(w, 1, 1, 2)
	m.constant(w, 12, roundBias)
	for _, r := range []int{2, 1} {
		m.add(w, r, r, 12)
		m.shift23(w, r, r)
		m.mul(w, 0, 0, r)
	}
}

// expMinusOne returns the register of eˣ − 1 for the x in register 0; the power of two
// nearest to eˣ must be a normal number.
func expMinusOne(w *writer, m machine) int {
	reduce(w, m)
	m.constant(w, 12, roundBias)
	m.add(w, 1, 1, 12)
	m.shift23(w, 1, 1)
	m.constant(w, 12, one)
	m.sub(w, 2, 1, 12)
	m.fma(w, 2, 1, 0)
	return 2
}

// tanh is m/(m + 2) with m = exp(2|x|) − 1, and the sign of x.
func tanh(w *writer, m machine) {
	m.load(w, 7, 1)
	m.constant(w, 12, magnitude)
	m.and(w, 0, 7, 12)
	m.add(w, 0, 0, 0)
	m.constant(w, 12, tanhHigh)
	m.min(w, 0, 12, 0)
	e := expMinusOne(w, m)
	m.constant(w, 12, two)
	m.add(w, 0, e, 12)
	m.div(w, 0, e, 0)
	m.constant(w, 12, signBit)
	m.and(w, 7, 7, 12)
	m.or(w, 0, 0, 7)
	m.store(w, 0, 0)
}

// sigmoid is 1/(1 + exp(−x)).
func sigmoid(w *writer, m machine) {
	m.load(w, 0, 1)
	m.constant(w, 12, signBit)
	m.xor(w, 0, 0, 12)
	exponential(w, m)
	m.constant(w, 12, one)
	m.add(w, 0, 0, 12)
	m.div(w, 0, 12, 0)
	m.store(w, 0, 0)
}

// softplus is max(0, x) + ln(1 + u) with u = exp(−|x|); the logarithm is
// 2s(1 + s²P(s²)) with s = u/(2 + u).
func softplus(w *writer, m machine) {
	m.load(w, 7, 1)
	m.constant(w, 12, signBit)
	m.or(w, 0, 7, 12)
	exponential(w, m)
	m.constant(w, 12, two)
	m.add(w, 4, 0, 12)
	m.div(w, 4, 0, 4) // s
	m.mul(w, 5, 4, 4) // s²
	polynomial(w, m, 2, 5, logSeries, logTerms)
	m.add(w, 4, 4, 4)
	m.mul(w, 5, 5, 4)
	m.fma(w, 4, 5, 2)
	m.xor(w, 12, 12, 12)
	m.max(w, 7, 12, 7)
	m.add(w, 0, 7, 4)
	m.store(w, 0, 0)
}

// tanhSlope multiplies by 1 − h².
func tanhSlope(w *writer, m machine) {
	m.load(w, 0, 0)
	m.load(w, 1, 1)
	m.constant(w, 2, one)
	m.fnma(w, 2, 1, 1)
	m.mul(w, 0, 0, 2)
	m.store(w, 0, 0)
}

// sigmoidSlope multiplies by h − h².
func sigmoidSlope(w *writer, m machine) {
	m.load(w, 0, 0)
	m.load(w, 1, 1)
	m.load(w, 2, 1)
	m.fnma(w, 2, 1, 1)
	m.mul(w, 0, 0, 2)
	m.store(w, 0, 0)
}

// softplusSlope multiplies by 1 − exp(−h).
func softplusSlope(w *writer, m machine) {
	m.load(w, 0, 1)
	m.constant(w, 12, signBit)
	m.xor(w, 0, 0, 12)
	m.constant(w, 12, expm1Low)
	m.max(w, 0, 12, 0)
	e := expMinusOne(w, m)
	m.constant(w, 12, signBit)
	m.xor(w, 0, e, 12)
	m.load(w, 1, 0)
	m.mul(w, 0, 0, 1)
	m.store(w, 0, 0)
}

// adam is one step of Adam; the pointers are the parameter, its gradient and the
// moments.
func adam(w *writer, m machine) {
	m.load(w, 0, 1)
	m.constant(w, 12, adamScale)
	m.mul(w, 0, 0, 12) // g
	m.load(w, 1, 2)
	m.sub(w, 2, 0, 1)
	m.constant(w, 12, adamFirst)
	m.mul(w, 2, 2, 12)
	m.add(w, 1, 1, 2) // m += (g − m)(1 − β₁)
	m.store(w, 1, 2)
	m.mul(w, 0, 0, 0)
	m.load(w, 2, 3)
	m.sub(w, 0, 0, 2)
	m.constant(w, 12, adamSecond)
	m.mul(w, 0, 0, 12)
	m.add(w, 2, 2, 0) // v += (g² − v)(1 − β₂)
	m.store(w, 2, 3)
	m.constant(w, 12, adamRate)
	m.mul(w, 1, 1, 12)
	m.sqrt(w, 2, 2)
	m.constant(w, 12, adamEpsilon)
	m.add(w, 2, 2, 12)
	m.div(w, 1, 1, 2)
	m.load(w, 0, 0)
	m.sub(w, 0, 0, 1)
	m.store(w, 0, 0)
}

// blend is x·p + (y·q + z·r), every operation rounded; the pointers are the result, x, y
// and z.
func blend(w *writer, m machine) {
	m.load(w, 0, 2)
	m.constant(w, 12, blendY)
	m.mul(w, 0, 0, 12)
	m.load(w, 1, 3)
	m.constant(w, 12, blendZ)
	m.mul(w, 1, 1, 12)
	m.add(w, 0, 0, 1)
	m.load(w, 1, 1)
	m.constant(w, 12, blendX)
	m.mul(w, 1, 1, 12)
	m.add(w, 0, 1, 0)
	m.store(w, 0, 0)
}

// scaleAbs is |x|·p·y, rounded after each product; the pointers are the result, x and y.
func scaleAbs(w *writer, m machine) {
	m.load(w, 0, 1)
	m.constant(w, 12, absMask)
	m.and(w, 0, 0, 12)
	m.constant(w, 12, absScale)
	m.mul(w, 0, 0, 12)
	m.load(w, 1, 2)
	m.mul(w, 0, 0, 1)
	m.store(w, 0, 0)
}
