package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Client holds a state and keeps it up to date. Its methods may be called at the same time.
type Client struct {
	server string
	dir    string
	http   *http.Client

	mutex   sync.Mutex
	state   *State
	live    bool
	changed chan struct{}
	tapped  chan struct{}
	heard   Heard
}

// Open continues with what the directory holds.
func Open(dir, server string) (*Client, error) {
	state, err := load(dir)
	if err != nil {
		return nil, err
	}
	return &Client{
		server: server, dir: dir, http: &http.Client{Timeout: 15 * time.Second}, state: state,
		changed: make(chan struct{}), tapped: make(chan struct{}, 1),
	}, nil
}

// Change edits the state and stores it before it returns.
func (c *Client) Change(edit func(*State)) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	edit(c.state)
	close(c.changed)
	c.changed = make(chan struct{})
	return c.state.save(c.dir)
}

// Look reads the state.
func (c *Client) Look(read func(*State) any) any {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return read(c.state)
}

// Wait returns when the state is as asked.
func (c *Client) Wait(ctx context.Context, until func(*State) bool) error {
	for {
		c.mutex.Lock()
		done, changed := until(c.state), c.changed
		c.mutex.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// WaitLive returns when the socket is open and the client has caught up.
func (c *Client) WaitLive(ctx context.Context) error {
	return c.Wait(ctx, func(state *State) bool { return c.live && !state.SnapshotOwed })
}

func (c *Client) setLive(live bool) {
	_ = c.Change(func(*State) { c.live = live })
}

func (c *Client) session() *Session {
	return c.Look(func(state *State) any { return state.Session }).(*Session)
}

// Tap stores a command and only then lets it go. It returns the op id.
func (c *Client) Tap(command Command) (string, error) {
	command.OpID = NewOpID()
	err := c.Change(func(state *State) {
		command.After = state.previous(command)
		state.Outbox = append(state.Outbox, &Pending{Command: command})
	})
	select {
	case c.tapped <- struct{}{}:
	default:
	}
	return command.OpID, err
}

// previous is the command that a new one follows: one without an answer, or one whose line the
// agent had not seen yet.
func (s *State) previous(command Command) string {
	previous := ""
	for _, pending := range append(slices.Clone(s.Answered), s.Outbox...) {
		if pending.Command.ConversationID != command.ConversationID {
			continue
		}
		if pending.Answer == nil || pending.Answer.unseen(command.Seen) {
			previous = pending.Command.OpID
		}
	}
	return previous
}

func (r *Result) unseen(seen *LineRef) bool {
	line := r.Accepted != nil && r.Accepted.Line != nil
	return line && (seen == nil || seen.Seq < r.Accepted.Line.Seq)
}

// Answer waits for the final answer to a command.
func (c *Client) Answer(ctx context.Context, op string) (*Result, error) {
	var answer *Result
	err := c.Wait(ctx, func(state *State) bool {
		for _, pending := range state.Answered {
			if pending.Command.OpID == op {
				answer = pending.Answer
			}
		}
		return answer != nil
	})
	return answer, err
}

// settle takes the answer to a command. It returns how long to wait before the command goes again.
func (c *Client) settle(result *Result) (time.Duration, error) {
	again := time.Duration(0)
	err := c.Change(func(state *State) {
		for i, pending := range state.Outbox {
			if pending.Command.OpID != result.OpID {
				continue
			}
			if result.Refused != nil && result.Refused.Retryable() {
				again = max(
					time.Duration(result.Refused.RetryAfterMs)*time.Millisecond,
					time.Second,
				)
				return
			}
			pending.Answer = result
			state.Outbox = append(state.Outbox[:i:i], state.Outbox[i+1:]...)
			state.Answered = append(state.Answered, pending)
			return
		}
	})
	return again, err
}

func (c Cursor) text() string { return fmt.Sprintf("%s:%d", c.Epoch, c.Position) }

func parseCursor(text string) (Cursor, error) {
	epoch, position, found := strings.Cut(text, ":")
	if !found {
		return Cursor{}, errors.New("no cursor: " + text)
	}
	number, err := strconv.ParseInt(position, 10, 64)
	return Cursor{Epoch: epoch, Position: number}, err
}

func pause(ctx context.Context, time_ time.Duration) error {
	timer := time.NewTimer(time_)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
