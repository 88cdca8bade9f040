package report

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// spy is a canvas that remembers where texts and drawings fall.
type spy struct {
	now   affine
	stack []affine
	texts []written
	marks []vg.Point // corners of all that is stroked, filled or pasted
}

// affine maps (x, y) to (a·x + c·y + e, b·x + d·y + f).
type affine struct{ a, b, c, d, e, f float64 }

func (m affine) then(n affine) affine { // n first, as in the nesting of a canvas
	return affine{m.a*n.a + m.c*n.b, m.b*n.a + m.d*n.b, m.a*n.c + m.c*n.d, m.b*n.c + m.d*n.d, m.a*n.e + m.c*n.f + m.e, m.b*n.e + m.d*n.f + m.f}
}

func (m affine) of(x, y vg.Length) vg.Point {
	return vg.Point{X: vg.Length(m.a*float64(x) + m.c*float64(y) + m.e), Y: vg.Length(m.b*float64(x) + m.d*float64(y) + m.f)}
}

// written is a text with the corners of its letters' box.
type written struct {
	text string
	box  [4]vg.Point
}

func newSpy() *spy { return &spy{now: affine{a: 1, d: 1}} }

func (s *spy) SetLineWidth(vg.Length)             {}
func (s *spy) SetLineDash([]vg.Length, vg.Length) {}
func (s *spy) SetColor(color.Color)               {}
func (s *spy) Push()                              { s.stack = append(s.stack, s.now) }
func (s *spy) Pop()                               { s.now, s.stack = s.stack[len(s.stack)-1], s.stack[:len(s.stack)-1] }
func (s *spy) Translate(p vg.Point) {
	s.now = s.now.then(affine{1, 0, 0, 1, float64(p.X), float64(p.Y)})
}
func (s *spy) Scale(x, y float64)                      { s.now = s.now.then(affine{a: x, d: y}) }
func (s *spy) DrawImage(r vg.Rectangle, _ image.Image) { s.mark(r.Min, r.Max) }
func (s *spy) Stroke(p vg.Path)                        { s.path(p) }
func (s *spy) Fill(p vg.Path)                          { s.path(p) }

func (s *spy) Rotate(angle float64) {
	sin, cos := math.Sincos(angle)
	s.now = s.now.then(affine{cos, sin, -sin, cos, 0, 0})
}

func (s *spy) mark(points ...vg.Point) {
	for _, p := range points {
		s.marks = append(s.marks, s.now.of(p.X, p.Y))
	}
}

func (s *spy) path(p vg.Path) {
	for _, k := range p {
		if k.Type == vg.MoveComp || k.Type == vg.LineComp {
			s.mark(k.Pos)
		}
	}
}

// FillString remembers the box from a little below the base line to the height of a
// capital.
func (s *spy) FillString(f font.Face, at vg.Point, text string) {
	size := f.Font.Size
	x0, x1, y0, y1 := at.X, at.X+f.Width(text), at.Y-0.15*size, at.Y+0.7*size
	s.texts = append(s.texts, written{text, [4]vg.Point{s.now.of(x0, y0), s.now.of(x1, y0), s.now.of(x1, y1), s.now.of(x0, y1)}})
}

// overlap tells whether two boxes share more than a touch: whether no side parts them.
func overlap(a, b [4]vg.Point) bool {
	for _, box := range [][4]vg.Point{a, b} {
		for i := range 2 {
			side := box[i+1].Sub(box[i])
			length := vg.Length(math.Hypot(float64(side.X), float64(side.Y)))
			if length == 0 {
				return false
			}
			a0, a1 := extent(a, side.Scale(1/length))
			b0, b1 := extent(b, side.Scale(1/length))
			if min(a1, b1)-max(a0, b0) < 0.2 {
				return false
			}
		}
	}
	return true
}

func extent(box [4]vg.Point, along vg.Point) (low, high vg.Length) {
	low, high = vg.Length(math.Inf(1)), vg.Length(math.Inf(-1))
	for _, p := range box {
		v := p.Dot(along)
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

// TestLayout: no text of any figure overlaps another one, and nothing reaches beyond
// the picture.
func TestLayout(t *testing.T) {
	for _, size := range append(sizes, sizeOf{"hostile", 12, 4, 2, 12}) {
		d := sample(size.models, size.tasks, size.seeds, size.neurons)
		if size.name == "hostile" {
			makeHostile(&d)
		}
		for _, f := range d.figures() {
			t.Run(size.name+"/"+f.name, func(t *testing.T) { checkLayout(t, f) })
		}
	}
}

func checkLayout(t *testing.T, f figure) {
	s := newSpy()
	if err := f.paint(draw.NewCanvas(s, f.width, f.height)); err != nil {
		t.Fatal(err)
	}
	if len(s.texts) == 0 || len(s.marks) == 0 {
		t.Fatal("nothing was drawn")
	}
	if mm := f.width / vg.Millimeter; mm > 183.01 || mm < 60 {
		t.Errorf("%.1f mm wide", float64(mm))
	}
	inside := func(p vg.Point) bool {
		return p.X >= -0.5 && p.Y >= -0.5 && p.X <= f.width+0.5 && p.Y <= f.height+0.5
	}
	out := 0
	for _, p := range s.marks {
		if !inside(p) {
			out++
		}
	}
	if out > 0 {
		t.Errorf("%d points of the drawing lie beyond the picture", out)
	}
	for i, a := range s.texts {
		for _, p := range a.box {
			if !inside(p) {
				t.Errorf("%q reaches beyond the picture of %.0f×%.0f at %s", a.text, float64(f.width), float64(f.height), fmt.Sprint(p))
				break
			}
		}
		for _, b := range s.texts[:i] {
			if overlap(a.box, b.box) {
				t.Errorf("%q overlaps %q", a.text, b.text)
			}
		}
	}
}

func TestOverlap(t *testing.T) {
	square := func(x, y, side vg.Length) [4]vg.Point {
		return [4]vg.Point{{X: x, Y: y}, {X: x + side, Y: y}, {X: x + side, Y: y + side}, {X: x, Y: y + side}}
	}
	tilted := [4]vg.Point{{X: 10, Y: 0}, {X: 20, Y: 10}, {X: 10, Y: 20}, {X: 0, Y: 10}}
	for _, c := range []struct {
		a, b [4]vg.Point
		want bool
	}{
		{square(0, 0, 10), square(5, 5, 10), true},
		{square(0, 0, 10), square(10, 0, 10), false},
		{square(0, 0, 4), tilted, false}, // the boxes around them overlap, they do not
		{square(0, 0, 8), tilted, true},
	} {
		if got := overlap(c.a, c.b); got != c.want {
			t.Errorf("%v and %v: got %v, want %v", c.a, c.b, got, c.want)
		}
	}
}
