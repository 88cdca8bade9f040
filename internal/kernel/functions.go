package kernel

import "math"

// table holds the constants of the elementwise functions; asmgen knows their order.
var table = [...]float32{
	1, 2, 0.5, math.Float32frombits(1 << 31), math.Float32frombits(1<<31 - 1),
	expHigh, expLow, math.Log2E, round, round + 127, ln2High, ln2Low,
	expSeries[0], expSeries[1], expSeries[2], expSeries[3], expSeries[4],
	expm1Low, tanhHigh,
	logSeries[0], logSeries[1], logSeries[2], logSeries[3], logSeries[4],
}

const (
	round    = 3 << 22 // adding it to a small number rounds that to an integer
	expHigh  = 89      // overflows
	expLow   = -104    // underflows to 0
	expm1Low = -87     // e⁻⁸⁷ is above the least normal number
	tanhHigh = 20      // tanh(10) rounds to 1

	ln2High = 0.693145751953125       // 15 bits of ln 2: n·ln2High is exact
	ln2Low  = 1.42860682030941723e-06 // the rest
)

// expSeries approximates (eʳ − 1 − r)/r² for |r| ≤ ½ln 2, logSeries
// (artanh(s)/s − 1)/s² in s² for s ≤ ⅓: minimax fits of relative error 1.4·10⁻⁸ in
// eʳ − 1 and 1.2·10⁻¹⁰ in the logarithm.
var (
	expSeries = [5]float32{0.49999997, 0.16666543, 0.0416672, 0.00836658, 0.001388251}
	logSeries = [5]float32{0.33333337, 0.19999439, 0.14308442, 0.10713829, 0.121504664}
)

// plain is the reference of all implementations.
func (f function) plain(c []float32, arrays [][]float32) {
	if f == adam {
		adamPlain(c, arrays)
		return
	}
	if f == blend {
		x, y, z := arrays[1], arrays[2], arrays[3]
		for i := range x {
			arrays[0][i] = float32(x[i]*c[0]) + (float32(y[i]*c[1]) + float32(z[i]*c[2]))
		}
		return
	}
	dst, x := arrays[0], arrays[1]
	for i, v := range x {
		switch f {
		case exp:
			dst[i] = expPlain(v)
		case tanh:
			dst[i] = tanhPlain(v)
		case sigmoid:
			dst[i] = 1 / (1 + expPlain(-v))
		case softplus:
			dst[i] = softplusPlain(v)
		case tanhSlope:
			dst[i] *= fma32(-v, v, 1)
		case sigmoidSlope:
			dst[i] *= fma32(-v, v, v)
		case softplusSlope:
			dst[i] *= -expm1Plain(larger(expm1Low, -v))
		case scaleAbs:
			dst[i] = float32(math.Float32frombits(math.Float32bits(v)&^(1<<31))*c[0]) * arrays[2][i]
		}
	}
}

// smaller and larger return b where it is not a number.
func smaller(a, b float32) float32 {
	if a < b {
		return a
	}
	return b
}

func larger(a, b float32) float32 {
	if a > b {
		return a
	}
	return b
}

// reduce splits x = n·ln 2 + r and returns q = eʳ − 1 and n.
func reduce(x float32) (q, n float32) {
	n = fma32(x, math.Log2E, round) - round
	r := fma32(-n, ln2High, x)
	r = fma32(-n, ln2Low, r)
	return fma32(float32(r*r), horner32(r, &expSeries), r), n
}

func horner32(x float32, c *[5]float32) float32 {
	sum := c[4]
	for k := 3; k >= 0; k-- {
		sum = fma32(sum, x, c[k])
	}
	return sum
}

// power returns 2ⁿ for an integral n that gives a normal number, or 0.
func power(n float32) float32 {
	return math.Float32frombits(math.Float32bits(n+(round+127)) << 23)
}

// expPlain multiplies by the power of two in two factors, so that results below the
// normal numbers are rounded once.
func expPlain(x float32) float32 {
	q, n := reduce(larger(expLow, smaller(expHigh, x)))
	n1 := fma32(n, 0.5, round) - round
	return float32(float32((1+q)*power(n1)) * power(n-n1))
}

// expm1Plain returns eˣ − 1 for x from −87 to 88.
func expm1Plain(x float32) float32 {
	q, n := reduce(x)
	s := power(n)
	return fma32(s, q, s-1)
}

func tanhPlain(x float32) float32 {
	a := math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
	m := expm1Plain(smaller(tanhHigh, a+a))
	return math.Float32frombits(math.Float32bits(m/(m+2)) | math.Float32bits(x)&(1<<31))
}

func softplusPlain(x float32) float32 {
	u := expPlain(math.Float32frombits(math.Float32bits(x) | 1<<31))
	s := u / (2 + u)
	z := float32(s * s)
	p := horner32(z, &logSeries)
	s += s
	return larger(0, x) + fma32(float32(z*s), p, s)
}

func adamPlain(c []float32, arrays [][]float32) {
	p, g, m, v := arrays[0], arrays[1], arrays[2], arrays[3]
	for i := range p {
		x := float32(g[i] * c[0])
		m[i] += float32((x - m[i]) * c[1])
		v[i] += float32((float32(x*x) - v[i]) * c[2])
		p[i] -= float32(c[3]*m[i]) / (sqrt32(v[i]) + c[4])
	}
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }
