package report

import (
	"fmt"
	"os"
	"path/filepath"

	"biornn/internal/durable"
)

// drawn is a figure in both forms.
type drawn struct {
	figure
	svgText []byte
	pngData []byte
}

// Write makes report.html and figures/NAME.svg and .png in dir, each file whole or
// absent. The page needs no other file.
func Write(dir string, d Data) error {
	folder := filepath.Join(dir, "figures")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	var all []drawn
	for _, f := range d.figures() {
		one := drawn{figure: f}
		var err error
		if one.svgText, err = f.svg(); err != nil {
			return err
		}
		if one.pngData, err = f.png(); err != nil {
			return err
		}
		all = append(all, one)
	}
	page, err := d.page(all)
	if err != nil {
		return err
	}
	for _, f := range all {
		for ext, data := range map[string][]byte{".svg": f.svgText, ".png": f.pngData} {
			if err := durable.WriteFile(filepath.Join(folder, f.name+ext), data); err != nil {
				return fmt.Errorf("report: %w", err)
			}
		}
	}
	if err := durable.WriteFile(filepath.Join(dir, "report.html"), page); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// figures lists what the data allow to draw.
func (d *Data) figures() []figure {
	var out []figure
	if len(d.Tasks) > 0 && len(d.Records) > 0 {
		out = append(out, d.accuracies(), d.learningCurves(), d.modularityAgainstSmallWorld())
	}
	if len(d.Networks) > 0 {
		out = append(out, d.matrices(), d.somata(), d.distributions())
	}
	if len(d.Comparisons) > 0 {
		out = append(out, d.comparison())
	}
	return out
}
