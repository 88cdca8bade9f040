package constraint

import (
	"fmt"
	"math"

	"biornn/circuit"
)

// distances returns D, n×n, or nil for the distance none. Equal distances of a pair
// in both directions make the orientation indifferent.
func distances(cfg Config, c *circuit.Circuit) ([]float64, error) {
	n := c.N()
	points, err := places(cfg, c)
	if points == nil || err != nil {
		return nil, err
	}
	d := euclidean(points)
	if cfg.DistanceForm == "mean-one" {
		mean := offDiagonalMean(d, n)
		for i := range d {
			d[i] /= mean
		}
	}
	for i, x := range d {
		if !finite(x) {
			return nil, fmt.Errorf("constraint: circuit %q: distance of neurons %d and %d: want a number, got %g; the positions lie on one plane or are missing", c.Name, i/n, i%n, x)
		}
	}
	return d, nil
}

// places returns the points between which distances are taken, nil for the distance none.
func places(cfg Config, c *circuit.Circuit) ([][3]float64, error) {
	switch cfg.Distance {
	case "grid":
		sides, err := gridSides(cfg.Grid, c.N())
		if err != nil {
			return nil, err
		}
		return gridPoints(sides), nil
	case "real":
		if cfg.DistanceForm == "released" {
			return scrambled(c.Positions()), nil
		}
		return c.Positions(), nil
	}
	return nil, nil
}

func apart(a, b [3]float64) float64 {
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return math.Sqrt(float64(x*x) + float64(y*y) + float64(z*z))
}

func euclidean(points [][3]float64) []float64 {
	n := len(points)
	d := make([]float64, n*n)
	for i, a := range points {
		for j, b := range points[:i] {
			r := apart(a, b)
			d[i*n+j], d[j*n+i] = r, r
		}
	}
	return d
}

// scrambled repeats what the released code does to the positions: the N×3 array is
// read as 3×N without transposing it, then each of the three rows is scaled to 0…1.
// The unit of the positions cancels only per axis, so they are first taken back to
// voxels of 4 × 4 × 40 nm.
func scrambled(positions [][3]float64) [][3]float64 {
	n := len(positions)
	voxelUM := [3]float64{0.004, 0.004, 0.040}
	flat := make([]float64, 0, 3*n)
	for _, p := range positions {
		for k, x := range p {
			flat = append(flat, x/voxelUM[k])
		}
	}
	out := make([][3]float64, n)
	for axis := range 3 {
		row := flat[axis*n : (axis+1)*n]
		low, high := math.Inf(1), math.Inf(-1)
		for _, x := range row {
			low, high = math.Min(low, x), math.Max(high, x)
		}
		for i, x := range row {
			out[i][axis] = (x - low) / (high - low)
		}
	}
	return out
}

// gridSides checks the sides of a grid or derives them: two layers for an even
// number of neurons, else one, each as square as possible.
func gridSides(sides []int, n int) ([3]int, error) {
	if len(sides) == 3 {
		product := sides[0] * sides[1] * sides[2]
		if product != n || sides[0] < 1 || sides[1] < 1 || sides[2] < 1 {
			return [3]int{}, fmt.Errorf("constraint: grid: want sides whose product is the number of neurons, %d, got %d×%d×%d = %d",
				n, sides[0], sides[1], sides[2], product)
		}
		return [3]int{sides[0], sides[1], sides[2]}, nil
	}
	layers := 1
	if n%2 == 0 {
		layers = 2
	}
	area := n / layers
	a := int(math.Sqrt(float64(area)))
	for area%a != 0 {
		a--
	}
	return [3]int{a, area / a, layers}, nil
}

// gridPoints lists the points in the order of the released code (numpy's meshgrid):
// the second side outermost, the third innermost. Only models that put W* on a grid
// depend on it.
func gridPoints(sides [3]int) [][3]float64 {
	var out [][3]float64
	for y := range sides[1] {
		for x := range sides[0] {
			for z := range sides[2] {
				out = append(out, [3]float64{float64(x), float64(y), float64(z)})
			}
		}
	}
	return out
}
