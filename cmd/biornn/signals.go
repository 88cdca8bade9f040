package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

// stopped is the cause of a context that a signal has ended. It counts as cancelled.
type stopped struct{ signal os.Signal }

func (s *stopped) Error() string { return fmt.Sprintf("stopped by the signal %v", s.signal) }

func (s *stopped) Is(target error) bool { return target == context.Canceled }

// signalContext ends with the first signal that asks the process to stop. A second Ctrl-C
// ends the process at once; other signals are patient.
func signalContext() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, stopSignals...)
	go func() {
		cancel(&stopped{<-signals})
		for s := range signals {
			if s == os.Interrupt {
				os.Exit(exitInterrupted)
			}
		}
	}()
	return ctx
}

// stopCode is the exit code of a command whose context has ended, and what to say.
func stopCode(ctx context.Context) (int, string) {
	if s, ok := context.Cause(ctx).(*stopped); ok && s.signal != os.Interrupt {
		return exitStopped, fmt.Sprintf("stopped by the signal %v; what was done is kept, the same command goes on from there", s.signal)
	}
	return exitInterrupted, "interrupted; what is done is kept, the same command goes on from there"
}
