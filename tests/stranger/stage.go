package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"baton/stranger/client"
)

// stage is what the scenes share: the server, and one client that lives through all of them.
type stage struct {
	house *house
	dir   string
	ana   *actor
	// settles is how long messages of a killed server may stay on their way.
	settles time.Duration
}

// actor is a client that runs in the background.
type actor struct {
	*client.Client
	dir  string
	stop context.CancelFunc
	done chan error
}

// open opens the client that the directory holds. It does not run yet.
func (s *stage) open(name string) (*actor, error) {
	dir := filepath.Join(s.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	opened, err := client.Open(dir, s.house.url())
	if err != nil {
		return nil, err
	}
	opened.Met(func(heard *client.Heard) { heard.Hurry = true })
	return &actor{Client: opened, dir: dir}, nil
}

// enter opens a client, signs it in and runs it until it has caught up.
func (s *stage) enter(ctx context.Context, name, email string) (*actor, error) {
	opened, err := s.open(name)
	if err != nil {
		return nil, err
	}
	if err := opened.SignIn(ctx, "acme", email, password); err != nil {
		return nil, err
	}
	opened.run()
	return opened, opened.WaitLive(ctx)
}

func (a *actor) run() {
	ctx, cancel := context.WithCancel(context.Background())
	a.stop, a.done = cancel, make(chan error, 1)
	go func() { a.done <- a.Run(ctx) }()
}

// die ends the client at once: only what it stored is left.
func (a *actor) die() {
	if a.stop != nil {
		a.stop()
		<-a.done
		a.stop = nil
	}
}

func (s *stage) leave() {
	if s.ana != nil {
		s.ana.die()
	}
}

// conversation waits until the client holds the conversation of a customer.
func (a *actor) conversation(ctx context.Context, phone string) (string, error) {
	id := ""
	err := a.Wait(ctx, func(state *client.State) bool {
		for key, held := range state.Conversations {
			if held.View != nil && held.View.Contact.Phone != nil &&
				*held.View.Contact.Phone == phone {
				id = key
			}
		}
		return id != ""
	})
	return id, err
}

// shows waits until a line says this.
func (a *actor) shows(ctx context.Context, id, text string) error {
	err := a.Wait(
		ctx,
		func(state *client.State) bool { return slices.Contains(texts(state.Conversations[id]), text) },
	)
	if err != nil {
		return fmt.Errorf("%q was not shown: %w", text, err)
	}
	return nil
}

func texts(held *client.Snapshot) []string {
	all := []string{}
	if held == nil {
		return all
	}
	for _, line := range held.Lines {
		all = append(all, line.Text())
	}
	return all
}

// seen is the last line that the client shows.
func (a *actor) seen(id string) *client.LineRef {
	return a.Look(func(state *client.State) any { return state.Seen(id) }).(*client.LineRef)
}

func (a *actor) ownerEpoch(id string) int64 {
	return a.Look(func(state *client.State) any { return state.Conversations[id].Row().OwnerEpoch }).(int64)
}

// does taps a command and waits for its final answer.
func (a *actor) does(ctx context.Context, command client.Command) (*client.Result, error) {
	op, err := a.Tap(command)
	if err != nil {
		return nil, err
	}
	return a.Answer(ctx, op)
}

func (a *actor) isAccepted(ctx context.Context, command client.Command) error {
	answer, err := a.does(ctx, command)
	if err != nil {
		return err
	}
	if answer.Refused != nil {
		return fmt.Errorf("%s was refused: %s", command.Type, answer.Refused.Code)
	}
	return nil
}

// holdsWhatAFreshReaderReads compares what the client holds with what a fresh reader is told, until
// they are equal: an event may be on its way to either.
func (a *actor) holdsWhatAFreshReaderReads(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	last := errors.New("nothing was compared")
	_ = until(ctx, func() bool {
		if now := a.compare(ctx); now == nil || ctx.Err() == nil {
			last = now
		}
		return last == nil
	})
	return last
}

func (a *actor) compare(ctx context.Context) error {
	fresh, _, err := a.ReadSnapshot(ctx, 0)
	if err != nil {
		return err
	}
	held := a.Look(func(state *client.State) any {
		all := map[string]string{}
		for id, snapshot := range state.Conversations {
			all[id] = asText(snapshot)
		}
		return all
	}).(map[string]string)
	if len(held) != len(fresh) {
		return fmt.Errorf("%d conversations are held, %d exist", len(held), len(fresh))
	}
	for i := range fresh {
		if want := asText(&fresh[i]); held[fresh[i].Key()] != want {
			return fmt.Errorf("held and fresh differ:\n  %s\n  %s", held[fresh[i].Key()], want)
		}
	}
	return nil
}

// asText leaves out how far back the lines go: what is held may be more than a fresh run.
func asText(snapshot *client.Snapshot) string {
	plain := *snapshot
	plain.Lines = plain.Lines[max(0, len(plain.Lines)-10):]
	plain.FromSeq = 0
	if len(plain.Notes) == 0 {
		plain.Notes = nil
	}
	bytes, err := json.Marshal(plain)
	if err != nil {
		return err.Error()
	}
	return string(bytes)
}

// once checks that each text is in the conversation exactly once, by the server's own list.
func (a *actor) once(ctx context.Context, id string, wanted ...string) error {
	lines, err := a.Messages(ctx, id)
	if err != nil {
		return err
	}
	var wrong []string
	for _, text := range wanted {
		count := 0
		for _, line := range lines {
			if line.Text() == text {
				count++
			}
		}
		if count != 1 {
			wrong = append(wrong, fmt.Sprintf("%q is there %d times", text, count))
		}
	}
	if wrong != nil {
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}

// closes returns the ends of connections that the client met, from the one of this number on.
func (a *actor) closes(from int) []client.Closed {
	var all []client.Closed
	a.Met(func(heard *client.Heard) { all = slices.Clone(heard.Closes[from:]) })
	return all
}

func (a *actor) resets() []string {
	var all []string
	a.Met(func(heard *client.Heard) { all = slices.Clone(heard.Resets) })
	return all
}

func expect(what string, got, want any) error {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("%s: %v, expected %v", what, got, want)
	}
	return nil
}
