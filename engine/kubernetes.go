package engine

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed kubernetes.yaml.tmpl
var kubernetesTemplate string

// Pod is what Kubernetes needs besides a Job.
type Pod struct {
	Image string // with the program of Job.Command
	Claim string // persistent volume claim, ReadWriteMany
	Mount string // where the volume appears; the working folder lies in it
}

var (
	dnsLabel     = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	dnsSubdomain = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
)

// maxIndexedName leaves room for the number of a pod in its host name.
const maxIndexedName = 57

// Kubernetes returns the manifest of an Indexed Job (batch/v1, Kubernetes 1.33 or newer,
// where backoffLimitPerIndex is stable). There is no time limit: pods are told to stop
// with SIGTERM and have Job.Notice to do so.
func Kubernetes(j Job, p Pod) (string, error) {
	if err := j.Validate(); err != nil {
		return "", err
	}
	if err := p.validate(j); err != nil {
		return "", fmt.Errorf("engine: kubernetes: %w", err)
	}
	type variable struct{ Name, Value string }
	var variables []variable
	for _, v := range j.Environment {
		name, value, _ := strings.Cut(v, "=")
		variables = append(variables, variable{name, escapeReferences(value)})
	}
	retries := 0
	if j.Requeue {
		retries = j.Restarts
	}
	command := make([]string, len(j.Command))
	for i, word := range j.Command {
		command[i] = escapeReferences(word)
	}
	return fill("manifest", kubernetesTemplate, struct {
		Job
		Pod         Pod
		Command     []string
		Variables   []variable
		CPU, Memory string
		Retries     int
		Grace       time.Duration
	}{j, p, command, variables, fmt.Sprint(j.CPUs), fmt.Sprintf("%dMi", j.MemoryMB), retries, max(j.Notice, 30*time.Second)})
}

func (p Pod) validate(j Job) error {
	switch {
	case len(j.Name) > maxIndexedName || !dnsLabel.MatchString(j.Name):
		return fmt.Errorf("name: want at most %d lower-case letters, digits and dashes, got %q", maxIndexedName, j.Name)
	case p.Image == "" || !oneLine(p.Image) || strings.ContainsAny(p.Image, " \t"):
		return fmt.Errorf("image: want the name of a container image, got %q", p.Image)
	case len(p.Claim) > 253 || !dnsSubdomain.MatchString(p.Claim):
		return fmt.Errorf("claim: want the name of a persistent volume claim, got %q", p.Claim)
	case !path.IsAbs(p.Mount) || !oneLine(p.Mount) || strings.Contains(p.Mount, ":"):
		return fmt.Errorf("mount: want an absolute path without colons, got %q", p.Mount)
	case j.Dir != p.Mount && !strings.HasPrefix(j.Dir, strings.TrimSuffix(p.Mount, "/")+"/"):
		return fmt.Errorf("mount: want a folder that holds the working folder %s, got %q", j.Dir, p.Mount)
	case len(j.Setup) > 0 || len(j.Options) > 0:
		return fmt.Errorf("want neither setup lines nor options; put them into the image or the manifest")
	case j.Partition != "" || j.Account != "" || j.QOS != "" || j.Time != 0:
		return fmt.Errorf("want no partition, account, quality of service or time limit: Kubernetes has none")
	}
	return nil
}

// escapeReferences keeps Kubernetes from replacing $(NAME) and $$.
func escapeReferences(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// quoteYAML returns a double-quoted scalar of YAML. JSON's strings are such.
func quoteYAML(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""` // no string fails
	}
	return strings.TrimSuffix(b.String(), "\n")
}
