package constraint

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// agree reports the first values that exclude each other.
func (c Config) agree() error {
	bio := strings.HasPrefix(c.Init, "bio")
	switch {
	case c.Positions != "" && c.Distance != "real":
		return c.refuse([]string{"positions"}, "positions: %s needs the distance real, got %s", "it moves real positions (D*), and the model has the distance %[2]s: want one with D*, such as WD*C", c.Positions, c.Distance)
	case !bio && c.InitOffDiagonal != "":
		return c.refuse([]string{"init_off_diagonal"}, "init_off_diagonal: %s needs the init bio, got %s", needsBiology, c.InitOffDiagonal, c.Init)
	case !bio && c.InitSign != "":
		return c.refuse([]string{"init_sign"}, "init_sign: %s needs the init bio, got %s", needsBiology, c.InitSign, c.Init)
	case !bio && c.STTC != "":
		return c.refuse([]string{"sttc"}, "sttc: %s needs the init bio, got %s", needsBiology, c.STTC, c.Init)
	case !bio && c.Match != "":
		return c.refuse([]string{"match"}, "match: %s needs the init bio, got %s", needsBiology, c.Match, c.Init)
	case c.InitOffDiagonal == "shuffled-everywhere" && c.InitDiagonal != "keep":
		return c.refuse([]string{"init_off_diagonal", "init_diagonal"}, "init_off_diagonal: %s needs init_diagonal keep, got %s", "it moves self-loops too and needs W*'s own, here they are %[2]s", c.InitOffDiagonal, c.InitDiagonal)
	case c.Match != "" && c.InitOffDiagonal == "baseline":
		return c.refuse([]string{"match", "init_off_diagonal"}, "match: %s needs weights of W* between neurons, got init_off_diagonal %s", "matching scales W*'s weights between neurons, which are those of the %[2]s here", c.Match, c.InitOffDiagonal)
	case c.InitSign != "" && c.Sign != "free":
		return c.refuse([]string{"init_sign", "sign"}, "init_sign: %s needs the sign free, got %s", "random signs of single weights need the sign free, here it is %[2]s", c.InitSign, c.Sign)
	case c.Match == "weight" && c.Sign == "dale":
		return c.refuse([]string{"match", "sign"}, "match: %s needs the sign free or nonnegative, got %s: Dale's law keeps the spectral radius, not the total weight",
			"the total weight would not stay that of the baseline with the sign %[2]s: Dale's law keeps the spectral radius, and so matched-radius goes with it", c.Match, c.Sign)
	case c.Positions == "shuffled-distances" && c.Mask != "":
		return c.refuse([]string{"positions", "mask"}, "positions: %s needs all pairs, got mask %s", "it needs all pairs of neurons, here is the mask %[2]s", c.Positions, c.Mask)
	case c.Connectome == "relabelled" && bio && c.STTC == "none" && c.Similarity == "none" && !c.Synapses:
		return c.refuse([]string{"connectome", "similarity"}, "connectome: %s needs a W* that is shaped by activity, got similarity %s and no STTC", "relabelled moves the activity that shapes W*, and with the similarity %[2]s and no STTC none does", c.Connectome, c.Similarity)
	}
	return nil
}

const needsBiology = "it acts on biological weights (W*), and the model has the init %[2]s: want one with W*, such as W*D*C"

// refuse is an error about keys that a configuration must not have: in terms of the keys or,
// where controls of its model have set them, in terms of these. Both formats take args.
func (c Config) refuse(keys []string, ofKeys, ofControls string, args ...any) error {
	m, used, slug, err := Variant(c.Model)
	var names []string
	for _, u := range used {
		if err == nil && u.sets(keys) {
			names = append(names, u.Slug)
		}
	}
	switch len(names) {
	case 0:
		return fmt.Errorf("constraint: "+ofKeys, args...)
	case 1:
		return fmt.Errorf("constraint: %s: the control %s cannot be put on %s: %s; take the control away or another model", Typed(slug), names[0], m.Symbol, fmt.Sprintf(ofControls, args...))
	}
	return fmt.Errorf("constraint: %s: want one of the controls %s: %s; leave one of them out", Typed(slug), strings.Join(names, " and "), fmt.Sprintf(ofControls, args...))
}

// sets reports whether a control changes one of some keys.
func (c Control) sets(keys []string) bool {
	if c.apply == nil {
		return false
	}
	var with Config
	c.apply(&with)
	v := reflect.ValueOf(with)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("toml"), ",")
		if slices.Contains(keys, name) && !v.Field(i).IsZero() {
			return true
		}
	}
	return false
}
