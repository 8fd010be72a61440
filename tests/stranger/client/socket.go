package client

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// Heard is what the client met on its way, for those who want to know.
type Heard struct {
	mutex  sync.Mutex
	Closes []Closed
	Resets []string
	Frames []string
	Stop   error
	Raw    net.Conn
	Socket *websocket.Conn
	// Hurry shortens every pause. The pause that the page asks for is in `Closes`.
	Hurry bool
}

// Closed is the end of a connection, and what the client does about it.
type Closed struct {
	Code   int
	Reason string
	After  After
}

// After is what follows the end of a connection.
type After struct {
	// Act is resume, refresh, wipe or fault.
	Act   string
	Pause time.Duration
}

// errStop ends the client: somebody has to sign in.
var errStop = errors.New("sign in again")

// Met calls `read` with what the client met so far.
func (c *Client) Met(read func(*Heard)) {
	c.heard.mutex.Lock()
	defer c.heard.mutex.Unlock()
	read(&c.heard)
}

// afterClose is the page's table of close codes.
func afterClose(code int, reason string, tries int) After {
	growing := time.Duration(rand.Int64N(int64(time.Second) << min(tries, 5)))
	growing = min(growing, 30*time.Second)
	var told struct {
		RetryAfterMs int64 `json:"retry_after_ms"`
	}
	_ = json.Unmarshal([]byte(reason), &told)
	asked := time.Duration(told.RetryAfterMs) * time.Millisecond
	switch code {
	case 1012, 4429:
		return After{"resume", asked}
	case 4400:
		return After{"fault", 2 * time.Minute}
	case 1002, 1003, 1007, 1009:
		return After{"fault", growing}
	case 4401:
		return After{"refresh", 0}
	case 4403:
		return After{"wipe", 0}
	}
	return After{"resume", growing}
}

// Run connects, and connects again, until the context ends or somebody has to sign in.
func (c *Client) Run(ctx context.Context) error {
	for tries := 0; ; tries++ {
		welcomed, err := c.connect(ctx)
		c.setLive(false)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if welcomed {
			tries = 0
		}
		if err := c.after(ctx, err, tries); err != nil {
			c.Met(func(heard *Heard) { heard.Stop = err })
			return err
		}
	}
}

func (c *Client) after(ctx context.Context, err error, tries int) error {
	var problem *Problem
	if errors.As(err, &problem) {
		return c.afterProblem(ctx, problem, tries)
	}
	code, reason := int(websocket.CloseStatus(err)), ""
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		reason = closed.Reason
	}
	after := afterClose(code, reason, tries)
	hurry := false
	c.Met(func(heard *Heard) {
		heard.Closes = append(heard.Closes, Closed{code, reason, after})
		hurry = heard.Hurry
	})
	if hurry {
		after.Pause = min(after.Pause, 20*time.Millisecond)
	}
	switch after.Act {
	case "wipe":
		return errors.Join(errStop, c.Change((*State).wipe))
	case "refresh":
		return c.refreshOrStop(ctx)
	}
	return pause(ctx, after.Pause)
}

func (c *Client) afterProblem(ctx context.Context, problem *Problem, tries int) error {
	switch problem.Code {
	case "unauthenticated":
		return c.refreshOrStop(ctx)
	case "device_revoked":
		return errors.Join(errStop, c.Change((*State).wipe))
	}
	asked := time.Duration(problem.RetryAfterMs) * time.Millisecond
	return pause(ctx, max(asked, afterClose(-1, "", tries).Pause))
}

// refreshOrStop wipes nothing: the session ended, not the device.
func (c *Client) refreshOrStop(ctx context.Context) error {
	err := c.Refresh(ctx)
	var problem *Problem
	if errors.As(err, &problem) && problem.Code == "device_revoked" {
		return errors.Join(errStop, c.Change((*State).wipe))
	}
	if errors.As(err, &problem) && problem.Status == http.StatusUnauthorized {
		return errors.Join(errStop, err)
	}
	if err != nil {
		return pause(ctx, time.Second)
	}
	return nil
}

// Dial opens a socket that has not said anything yet.
func (c *Client) Dial(ctx context.Context) (*websocket.Conn, net.Conn, error) {
	var raw net.Conn
	dialer := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			raw = conn
			return conn, err
		},
	}
	socket, answer, err := websocket.Dial(
		ctx,
		"ws"+strings.TrimPrefix(c.server, "http")+"/api/v1/socket",
		&websocket.DialOptions{
			Subprotocols: []string{"baton.v1"},
			HTTPClient:   &http.Client{Transport: dialer},
		},
	)
	if err != nil && answer != nil && answer.StatusCode >= 400 {
		problem := &Problem{Status: answer.StatusCode}
		_ = json.NewDecoder(answer.Body).Decode(problem)
		return nil, nil, problem
	}
	if err == nil {
		socket.SetReadLimit(256 << 10)
	}
	return socket, raw, err
}

// connect is one connection, from the ticket to its end.
func (c *Client) connect(ctx context.Context) (welcomed bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := c.refreshIfDue(ctx); err != nil {
		return false, err
	}
	ticket, err := c.ticket(ctx)
	if err != nil {
		return false, err
	}
	socket, raw, err := c.Dial(ctx)
	if err != nil {
		return false, err
	}
	defer socket.CloseNow()
	c.Met(func(heard *Heard) { heard.Raw, heard.Socket = raw, socket })
	welcome, err := c.greet(ctx, socket, ticket)
	if err != nil {
		return false, err
	}
	sender := sync.WaitGroup{}
	defer sender.Wait()
	defer cancel()
	for first := true; ; {
		frame, err := c.next(ctx, socket, time.Duration(welcome.Timings.SilentMs)*time.Millisecond)
		if err != nil {
			return true, err
		}
		if err := c.take(ctx, frame, welcome.Epoch); err != nil {
			return true, err
		}
		isReset := frame.Type == "reset"
		caughtUp := first && (frame.Type == "events" || isReset)
		if caughtUp || isReset {
			if err := c.payOwed(ctx); err != nil {
				return true, err
			}
		}
		if caughtUp {
			first = false
			c.setLive(true)
			sender.Go(func() { c.send(ctx, socket) })
		}
	}
}

func (c *Client) greet(ctx context.Context, socket *websocket.Conn, ticket string) (*Frame, error) {
	hello := map[string]string{"type": "hello", "ticket": ticket, "device_id": c.session().DeviceID}
	c.Look(func(state *State) any {
		if state.Cursor != nil {
			hello["cursor"] = state.Cursor.text()
		}
		return nil
	})
	if err := wsjson.Write(ctx, socket, hello); err != nil {
		return nil, err
	}
	welcome, err := c.next(ctx, socket, 15*time.Second)
	if err == nil && welcome.Type != "welcome" {
		err = errors.New(welcome.Type + " in place of welcome: " + welcome.Detail)
	}
	return welcome, err
}

func (c *Client) next(
	ctx context.Context,
	socket *websocket.Conn,
	silence time.Duration,
) (*Frame, error) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	frame := &Frame{}
	if err := wsjson.Read(ctx, socket, frame); err != nil {
		return nil, err
	}
	c.Met(func(heard *Heard) { heard.Frames = append(heard.Frames, frame.Type) })
	return frame, nil
}

// take applies a frame, or hands over the answer to a command.
func (c *Client) take(ctx context.Context, frame *Frame, epoch string) error {
	if frame.Type != "command_result" {
		return c.durable(ctx, frame, epoch)
	}
	again, err := c.settle(&frame.Result)
	if again > 0 {
		time.AfterFunc(again, func() { c.resend(frame.Result.OpID) })
	}
	return err
}

// durable applies what moves the state: events, scope and resets.
func (c *Client) durable(ctx context.Context, frame *Frame, epoch string) error {
	var unread []string
	var failed error
	changed := func(edit func(*State)) error { return errors.Join(c.Change(edit), failed) }
	switch frame.Type {
	case "events":
		if err := changed(func(s *State) { unread, failed = s.applyEvents(frame) }); err != nil {
			return err
		}
		return errors.Join(failed, c.reread(ctx, unread))
	case "entered":
		return changed(func(s *State) { s.Conversations[frame.Snapshot.Key()] = frame.Snapshot })
	case "left":
		return changed(func(s *State) { delete(s.Conversations, frame.ConversationID) })
	case "reset":
		c.Met(func(heard *Heard) { heard.Resets = append(heard.Resets, frame.Reason) })
		if err := changed(func(s *State) { s.reset(frame, epoch) }); err != nil {
			return err
		}
		return pause(ctx, time.Duration(frame.AfterMs)*time.Millisecond)
	}
	return nil
}

func (c *Client) reread(ctx context.Context, conversations []string) error {
	for _, id := range conversations {
		var snapshot Snapshot
		err := c.call(ctx, "GET", "/conversations/"+id, nil, &snapshot)
		var problem *Problem
		if errors.As(err, &problem) && problem.Status == http.StatusNotFound {
			if err := c.Change(func(state *State) { delete(state.Conversations, id) }); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := c.Change(func(state *State) { state.replace(&snapshot) }); err != nil {
			return err
		}
	}
	return nil
}

// payOwed reads the snapshot that a reset asked for.
func (c *Client) payOwed(ctx context.Context) error {
	position := c.Look(func(state *State) any {
		if !state.SnapshotOwed {
			return int64(-1)
		}
		return state.Cursor.Position
	}).(int64)
	if position < 0 {
		return nil
	}
	all, _, err := c.ReadSnapshot(ctx, position)
	if err != nil {
		return err
	}
	return c.Change(func(state *State) {
		listed := map[string]bool{}
		for i := range all {
			listed[all[i].Key()] = true
			state.replace(&all[i])
		}
		for id := range state.Conversations {
			if !listed[id] {
				delete(state.Conversations, id)
			}
		}
		state.SnapshotOwed = false
	})
}

// send sends the outbox in its order: what has no answer on this connection, each once.
func (c *Client) send(ctx context.Context, socket *websocket.Conn) {
	gone := map[string]bool{}
	for {
		var due []*Pending
		_ = c.Change(func(state *State) {
			for _, pending := range state.Outbox {
				if !gone[pending.Command.OpID] || pending.Sent == false {
					gone[pending.Command.OpID], pending.Sent = true, true
					due = append(due, pending)
				}
			}
		})
		for _, pending := range due {
			frame := map[string]any{"type": "command", "command": pending.Command}
			if wsjson.Write(ctx, socket, frame) != nil {
				return
			}
		}
		select {
		case <-c.tapped:
		case <-ctx.Done():
			return
		}
	}
}

func (c *Client) resend(op string) {
	_ = c.Change(func(state *State) {
		for _, pending := range state.Outbox {
			if pending.Command.OpID == op {
				pending.Sent = false
			}
		}
	})
	select {
	case c.tapped <- struct{}{}:
	default:
	}
}
