package main

import (
	"fmt"
	"os"
	"path"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"biornn/fetch"
)

func (a *app) fetchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fetch",
		Short: "download published recordings",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.fetchDandiCommand())
	return cmd
}

func (a *app) fetchDandiCommand() *cobra.Command {
	var d fetch.Dandi
	var pattern, out string
	var list bool
	cmd := &cobra.Command{
		Use:   "dandi DANDISET",
		Short: "download files of a dandiset, resumable and checked",
		Long: "Lists the files of a dandiset (--list) or downloads those that match --files. An\n" +
			"interrupted download goes on where it was; every file is compared with the SHA-256\n" +
			"that the archive states. MICrONS is 000402, about 70 GB a scan.",
		Example: "  biornn fetch dandi 000402 --list\n" +
			"  biornn fetch dandi 000402 --files '*session-7-scan-4*' --out minnie65",
		Args: exactly("DANDISET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d.Dandiset = args[0]
			if !list && pattern == "" {
				return usagef("want --files PATTERN, or --list to see what there is")
			}
			assets, err := d.Assets(cmd.Context(), pattern)
			if err != nil {
				return err
			}
			if len(assets) == 0 {
				return fmt.Errorf("no file of dandiset %s matches %q", d.Dandiset, pattern)
			}
			if list {
				if a.json {
					return a.printJSON("assets", assets)
				}
				for _, x := range assets {
					fmt.Fprintf(a.stdout, "%10.3f GB  %s\n", float64(x.Size)/1e9, x.Path)
				}
				return nil
			}
			for _, x := range assets {
				name, err := d.Download(cmd.Context(), x, out, a.bytesShown(path.Base(x.Path)))
				if err != nil {
					return err
				}
				fmt.Fprintln(a.stdout, name)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&list, "list", false, "list the files and their sizes")
	f.StringVar(&pattern, "files", "", "pattern of the files, of their whole path or its last part")
	f.StringVar(&out, "out", ".", "folder to write to")
	f.StringVar(&d.Version, "version", "draft", "version of the dandiset")
	f.StringVar(&d.API, "api", fetch.DandiAPI, "address of the archive's REST interface")
	return cmd
}

// bytesShown returns a function that shows how much of a file is here: on a terminal in
// a line that is rewritten, else now and then in a line of its own.
func (a *app) bytesShown(name string) func(done, total int64) {
	every, end := plainEvery, "\n"
	if f, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		every, end = time.Second/2, "\r"
	}
	begun := time.Now()
	last, first := begun, int64(-1)
	return func(done, total int64) {
		if first < 0 {
			first = done
		}
		if time.Since(last) < every && done < total {
			return
		}
		last = time.Now()
		if done == total {
			end = "\n"
		}
		rate := float64(done-first) / 1e6 / max(1e-3, time.Since(begun).Seconds())
		fmt.Fprintf(a.stderr, "%.40s  %.2f of %.2f GB, %.1f MB/s   %s", name, float64(done)/1e9, float64(total)/1e9, rate, end)
	}
}
