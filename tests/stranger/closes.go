package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"baton/stranger/client"
)

// misdeed is something that a client must not do on a live connection.
type misdeed func(context.Context, *websocket.Conn, net.Conn) error

func says(kind websocket.MessageType, text string, times int) misdeed {
	return func(ctx context.Context, socket *websocket.Conn, _ net.Conn) error {
		for range times {
			if err := socket.Write(ctx, kind, []byte(text)); err != nil {
				return err
			}
		}
		return nil
	}
}

func unmasked(_ context.Context, _ *websocket.Conn, raw net.Conn) error {
	_, err := raw.Write([]byte{0x81, 0x01, 'a'})
	return err
}

func cut(_ context.Context, _ *websocket.Conn, raw net.Conn) error { return raw.Close() }

func closeScenes() []scene {
	return []scene{
		{"is cut off without a close frame", misbehaves(cut, -1, "resume")},
		{"is closed with 1002 after a frame without a mask", misbehaves(unmasked, 1002, "fault")},
		{
			"is closed with 1003 after a binary message",
			misbehaves(says(websocket.MessageBinary, "{}", 1), 1003, "fault"),
		},
		{
			"is closed with 1007 after bytes that are no UTF-8",
			misbehaves(says(websocket.MessageText, "\xff\xfe", 1), 1007, "fault"),
		},
		{"is closed with 1009 after a frame above 64 KiB",
			misbehaves(
				says(websocket.MessageText, strings.Repeat(" ", 64<<10+1), 1),
				1009,
				"fault",
			)},
		{
			"is closed with 4400 after 20 errors",
			misbehaves(says(websocket.MessageText, "{}", 20), 4400, "fault"),
		},
		{"is closed with 4401 when the first frame is no hello", noHello},
		{"is closed with 4401 when its session ends, and wipes nothing", signedOut},
		{"is closed with 4403 when its device is revoked, and wipes everything", revoked},
		{"is closed with 4407 when no hello comes", noWord},
		{"is closed with 4429 when it has too many connections", tooMany},
	}
}

// misbehaves lets Ana's client do something wrong while it is live. She must come back by herself
// and miss nothing.
func misbehaves(deed misdeed, code int, act string) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		if err := s.ana.WaitLive(ctx); err != nil {
			return err
		}
		id, err := s.ana.conversation(ctx, lucia)
		if err != nil {
			return err
		}
		from := len(s.ana.closes(0))
		var socket *websocket.Conn
		var raw net.Conn
		s.ana.Met(func(heard *client.Heard) { socket, raw = heard.Socket, heard.Raw })
		if err := deed(ctx, socket, raw); err != nil {
			return err
		}
		text := fmt.Sprintf("tras %d %d", code, from)
		if err := s.house.says(ctx, lucia, text); err != nil {
			return err
		}
		if err := s.ana.Wait(ctx, func(*client.State) bool { return len(s.ana.closes(from)) > 0 }); err != nil {
			return fmt.Errorf("the connection was not closed: %w", err)
		}
		met := s.ana.closes(from)[0]
		if err := errors.Join(expect("close code", met.Code, code), expect("what follows", met.After.Act, act)); err != nil {
			return err
		}
		if err := s.ana.shows(ctx, id, text); err != nil {
			return err
		}
		if err := expect("resets", len(s.ana.resets()), 0); err != nil {
			return err
		}
		return s.ana.once(ctx, id, text)
	}
}

// closeOf reads until the end of the connection and returns its code.
func closeOf(ctx context.Context, socket *websocket.Conn) (int, error) {
	for {
		if _, _, err := socket.Read(ctx); err != nil {
			code := websocket.CloseStatus(err)
			if code == -1 {
				return -1, err
			}
			return int(code), nil
		}
	}
}

// secondHello forgets its device at first.
func secondHello(ctx context.Context, s *stage) error {
	socket, _, err := s.ana.Dial(ctx)
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	session := s.ana.Look(func(state *client.State) any { return *state.Session }).(client.Session)
	hello := map[string]string{"type": "hello", "token": session.AccessToken}
	var answers []string
	for range 2 {
		if err := wsjson.Write(ctx, socket, hello); err != nil {
			return err
		}
		var frame client.Frame
		if err := wsjson.Read(ctx, socket, &frame); err != nil {
			return err
		}
		answers = append(answers, frame.Type+frame.Code)
		hello["device_id"] = session.DeviceID
	}
	return expect("answers", answers, []string{"errorinvalid", "welcome"})
}

func noHello(ctx context.Context, s *stage) error {
	socket, _, err := s.ana.Dial(ctx)
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	if err := wsjson.Write(ctx, socket, map[string]any{"type": "presence", "watch": true}); err != nil {
		return err
	}
	code, err := closeOf(ctx, socket)
	return errors.Join(err, expect("close code", code, 4401))
}

func noWord(ctx context.Context, s *stage) error {
	socket, _, err := s.ana.Dial(ctx)
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	begun := time.Now()
	code, err := closeOf(ctx, socket)
	if took := time.Since(begun); took < 9*time.Second || took > 14*time.Second {
		err = errors.Join(err, fmt.Errorf("closed after %v", took))
	}
	return errors.Join(err, expect("close code", code, 4407))
}

// end lets another device, or the device itself, end a session that is live.
func (s *stage) end(ctx context.Context, name string, by func(ben *actor) error) (*actor, error) {
	ben, err := s.enter(ctx, name, "ben@acme.example")
	if err != nil {
		return nil, err
	}
	id, err := ben.conversation(ctx, lucia)
	if err != nil {
		return nil, err
	}
	if err := by(ben); err != nil {
		return nil, err
	}
	// What is tapped after the end stays in the outbox, or goes with everything else.
	if _, err := ben.Tap(client.Command{ConversationID: id, Type: "note", Text: "later"}); err != nil {
		return nil, err
	}
	select {
	case <-ben.done:
		ben.stop = nil
		return ben, nil
	case <-ctx.Done():
		return nil, errors.New("the client went on")
	}
}

func signedOut(ctx context.Context, s *stage) error {
	ben, err := s.end(ctx, "ben-out", func(ben *actor) error {
		device := ben.Look(func(state *client.State) any { return state.Session.DeviceID }).(string)
		return ben.EndDevice(ctx, device)
	})
	if err != nil {
		return err
	}
	if err := expect("close code", ben.closes(0)[0].Code, 4401); err != nil {
		return err
	}
	held := ben.Look(
		func(state *client.State) any { return len(state.Conversations) > 0 && len(state.Outbox) == 1 },
	)
	if err := expect("still held", held, true); err != nil {
		return err
	}
	// Signing in again goes on where it ended.
	if err := ben.SignIn(ctx, "acme", "ben@acme.example", password); err != nil {
		return err
	}
	ben.run()
	defer ben.die()
	return ben.Wait(ctx, func(state *client.State) bool { return len(state.Outbox) == 0 })
}

func revoked(ctx context.Context, s *stage) error {
	other, err := s.open("ben-other")
	if err != nil {
		return err
	}
	if err := other.SignIn(ctx, "acme", "ben@acme.example", password); err != nil {
		return err
	}
	ben, err := s.end(ctx, "ben-revoked", func(ben *actor) error {
		device := ben.Look(func(state *client.State) any { return state.Session.DeviceID }).(string)
		return other.EndDevice(ctx, device)
	})
	if err != nil {
		return err
	}
	if err := expect("close code", ben.closes(0)[0].Code, 4403); err != nil {
		return err
	}
	left := ben.Look(
		func(state *client.State) any { return state.Wiped && len(state.Conversations) == 0 },
	)
	return expect("wiped", left, true)
}

// tooMany opens sockets of one device until one is closed: the oldest of them.
func tooMany(ctx context.Context, s *stage) error {
	ben, err := s.enter(ctx, "ben-many", "ben@acme.example")
	if err != nil {
		return err
	}
	defer ben.die()
	session := ben.Look(func(state *client.State) any { return *state.Session }).(client.Session)
	for range 10 {
		socket, _, err := ben.Dial(ctx)
		if err != nil {
			return err
		}
		defer socket.CloseNow()
		hello := map[string]string{
			"type":      "hello",
			"token":     session.AccessToken,
			"device_id": session.DeviceID,
		}
		if err := wsjson.Write(ctx, socket, hello); err != nil {
			return err
		}
		var welcome client.Frame
		if err := wsjson.Read(ctx, socket, &welcome); err != nil {
			return err
		}
		if err := expect("answer to hello", welcome.Type, "welcome"); err != nil {
			return err
		}
	}
	if err := ben.Wait(ctx, func(*client.State) bool { return len(ben.closes(0)) > 0 }); err != nil {
		return err
	}
	met := ben.closes(0)[0]
	return errors.Join(
		expect("close code", met.Code, 4429),
		expect("pause", met.After.Pause, time.Minute),
	)
}

// silent reads nothing for longer than `silent_ms`, so that pings get no answer.
func silent(ctx context.Context, s *stage) error {
	socket, raw, err := s.ana.Dial(ctx)
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	session := s.ana.Look(func(state *client.State) any { return *state.Session }).(client.Session)
	hello := map[string]string{
		"type":      "hello",
		"token":     session.AccessToken,
		"device_id": session.DeviceID,
	}
	if err := wsjson.Write(ctx, socket, hello); err != nil {
		return err
	}
	var welcome client.Frame
	if err := wsjson.Read(ctx, socket, &welcome); err != nil {
		return err
	}
	return readsSilently(ctx, raw, time.Duration(welcome.Timings.SilentMs)*time.Millisecond)
}

// readsSilently reads frames by hand and answers no ping, until the close frame.
func readsSilently(ctx context.Context, raw net.Conn, least time.Duration) error {
	begun := time.Now()
	if deadline, ok := ctx.Deadline(); ok {
		_ = raw.SetReadDeadline(deadline)
	}
	for {
		opcode, payload, err := readFrame(raw)
		if err != nil {
			return err
		}
		if opcode != 8 {
			continue
		}
		if took := time.Since(begun); took < least-time.Second {
			return fmt.Errorf("closed after %v", took)
		}
		return expect("close code", int(payload[0])<<8|int(payload[1]), 4408)
	}
}

func readFrame(raw net.Conn) (opcode byte, payload []byte, err error) {
	read := func(n uint64) (bytes []byte) {
		bytes = make([]byte, n)
		for at := 0; err == nil && at < len(bytes); {
			var got int
			got, err = raw.Read(bytes[at:])
			at += got
		}
		return bytes
	}
	head := read(2)
	length := uint64(head[1] & 0x7f)
	for _, extended := range []uint64{126, 127} {
		if uint64(head[1]&0x7f) != extended {
			continue
		}
		length = 0
		for _, octet := range read(map[uint64]uint64{126: 2, 127: 8}[extended]) {
			length = length<<8 | uint64(octet)
		}
	}
	return head[0] & 0x0f, read(length), err
}
