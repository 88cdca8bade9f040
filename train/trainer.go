package train

// Trainer makes single updates, for those who want the loop in their own hands. It is
// what Run is made of.
type Trainer struct{ loop *loop }

// NewTrainer prepares a training; Close ends it.
func NewTrainer(cfg Config, job Job) (*Trainer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := job.check(); err != nil {
		return nil, err
	}
	return &Trainer{newLoop(cfg, job)}, nil
}

// Update makes one update on the given trials of the training set, at most a batch,
// and returns the mean loss before it and the penalty. A training that has diverged
// makes no more updates; Diverged then says why.
func (t *Trainer) Update(trials []int) (loss, penalty float64, err error) {
	if t.loop.result.Diverged != nil {
		return 0, 0, nil
	}
	got, penalty, err := t.loop.step(trials)
	loss, _ = got.means()
	return loss, penalty, err
}

// Diverged returns where and why the training stopped being finite, nil if it did not.
func (t *Trainer) Diverged() *Divergence { return t.loop.result.Diverged }

// Close lets the threads go.
func (t *Trainer) Close() { t.loop.close() }
