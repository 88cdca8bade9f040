package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"biornn/internal/durable"
)

// drawn is a figure in both forms.
type drawn struct {
	figure
	svgText []byte
	pngData []byte
}

// figureNames are the figures that a report may have.
var figureNames = []string{"effects", "attribution", "accuracy", "learning-curves", "structure", "matrices", "somata", "distributions", "published"}

// Write makes report.html and figures/NAME.svg and .png in dir, each file whole or
// absent, the page last. All is drawn before the first file is written; figures of an
// earlier report that the new one lacks are removed. The page needs no other file.
func Write(dir string, d Data) error {
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
	folder := filepath.Join(dir, "figures")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, f := range all {
		if err := durable.WriteFile(filepath.Join(folder, f.name+".svg"), f.svgText); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		if err := durable.WriteFile(filepath.Join(folder, f.name+".png"), f.pngData); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	if err := durable.WriteFile(filepath.Join(dir, "report.html"), page); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return removeOld(folder, all)
}

// removeOld removes the figures of an earlier report that this one does not have.
func removeOld(folder string, all []drawn) error {
	for _, name := range figureNames {
		if slices.ContainsFunc(all, func(f drawn) bool { return f.name == name }) {
			continue
		}
		for _, ext := range []string{".svg", ".png"} {
			if err := os.Remove(filepath.Join(folder, name+ext)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("report: %w", err)
			}
		}
	}
	return nil
}

// figures lists what the data allow to draw.
func (d *Data) figures() []figure {
	var out []figure
	if len(d.effectPanels()) > 0 {
		out = append(out, d.effects())
	}
	if len(d.Attribution) > 0 {
		out = append(out, d.attribution())
	}
	if len(d.Models) > 0 && len(d.Tasks) > 0 && len(d.Records) > 0 {
		out = append(out, d.accuracies(), d.learningCurves(), d.modularityAgainstSmallWorld())
	}
	if len(d.Networks) > 0 {
		out = append(out, d.matrices())
		if len(d.Circuit.Positions) > 0 {
			out = append(out, d.somata())
		}
		if len(d.Models) > 0 {
			out = append(out, d.distributions())
		}
	}
	if len(d.Models) > 0 && len(d.Comparisons) > 0 {
		out = append(out, d.comparison())
	}
	return out
}
