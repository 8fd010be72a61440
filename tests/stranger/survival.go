package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"syscall"

	"baton/stranger/client"
)

func drain(ctx context.Context, s *stage) error {
	id, err := s.ana.conversation(ctx, lucia)
	if err != nil {
		return err
	}
	from := len(s.ana.closes(0))
	s.house.end(syscall.SIGTERM)
	seen := s.ana.seen(id)
	op, err := s.ana.Tap(
		client.Command{ConversationID: id, Type: "reply", Text: "Mientras tanto", Seen: seen},
	)
	if err != nil {
		return err
	}
	if err := s.house.start(ctx); err != nil {
		return err
	}
	if _, err := s.ana.Answer(ctx, op); err != nil {
		return err
	}
	first := s.ana.closes(from)[0]
	if err := expect("close code", first.Code, 1012); err != nil {
		return err
	}
	if first.After.Pause <= 0 {
		return fmt.Errorf("1012 told no time to come back: %q", first.Reason)
	}
	if err := expect("resets", len(s.ana.resets()), 0); err != nil {
		return err
	}
	return s.ana.holdsWhatAFreshReaderReads(ctx)
}

// killed kills the server three times while customers write and Ana answers.
func killed(ctx context.Context, s *stage) error {
	id, err := s.ana.conversation(ctx, lucia)
	if err != nil {
		return err
	}
	var asked, answered []string
	var ops []string
	for kill := range 3 {
		wrote := make(chan error, 1)
		for i := range 5 {
			asked = append(asked, fmt.Sprintf("pregunta %d.%d", kill, i))
		}
		go func(texts []string) {
			for _, text := range texts {
				if err := s.house.says(ctx, mario, text); err != nil {
					wrote <- err
					return
				}
			}
			wrote <- nil
		}(asked[len(asked)-5:])
		seen := s.ana.seen(id)
		for i := range 5 {
			text := fmt.Sprintf("respuesta %d.%d", kill, i)
			op, err := s.ana.Tap(
				client.Command{ConversationID: id, Type: "reply", Text: text, Seen: seen},
			)
			if err != nil {
				return err
			}
			answered, ops = append(answered, text), append(ops, op)
		}
		s.house.end(syscall.SIGKILL)
		if err := s.house.start(ctx); err != nil {
			return err
		}
		if err := <-wrote; err != nil {
			return err
		}
		for _, op := range ops {
			answer, err := s.ana.Answer(ctx, op)
			if err != nil {
				return err
			}
			if answer.Accepted == nil {
				return fmt.Errorf("refused: %+v", answer.Refused)
			}
		}
	}
	if err := expect("resets", len(s.ana.resets()), 0); err != nil {
		return err
	}
	if err := s.ana.once(ctx, id, answered...); err != nil {
		return err
	}
	other, err := s.ana.conversation(ctx, mario)
	if err != nil {
		return err
	}
	if err := s.ana.once(ctx, other, asked...); err != nil {
		return err
	}
	if err := s.sentAtMostOnce(ctx, id, answered); err != nil {
		return err
	}
	return s.ana.holdsWhatAFreshReaderReads(ctx)
}

// sentAtMostOnce waits until no message is on its way, in a long run for as long as a dead
// server's messages may take. What is accepted was sent once, and everything else at most once.
func (s *stage) sentAtMostOnce(ctx context.Context, id string, texts []string) error {
	status := map[string]string{}
	wait, cancel := context.WithTimeout(ctx, s.settles)
	defer cancel()
	err := s.ana.Wait(wait, func(state *client.State) bool {
		moving := false
		for _, line := range state.Conversations[id].Lines {
			if slices.Contains(texts, line.Text()) {
				status[line.Text()] = line.Status
				moving = moving || line.Status == "queued" || line.Status == "sending"
			}
		}
		return !moving
	})
	if err != nil && s.settles > patience {
		return fmt.Errorf("still on their way: %w: %v", err, status)
	}
	for text, is := range status {
		times := s.house.timesSent(text)
		if is == "accepted" && times == 1 || is != "accepted" && times <= 1 {
			continue
		}
		return fmt.Errorf("%q is %s and was sent %d times", text, is, times)
	}
	return nil
}

// restored puts a backup back: the log is another one, and the client starts over.
func restored(ctx context.Context, s *stage) error {
	id, err := s.ana.conversation(ctx, lucia)
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, "backup.db")
	if out, err := s.house.command("backup", "--to", file).CombinedOutput(); err != nil {
		return fmt.Errorf("backup: %w: %s", err, out)
	}
	if err := s.house.says(ctx, lucia, "Después de la copia"); err != nil {
		return err
	}
	if err := s.ana.shows(ctx, id, "Después de la copia"); err != nil {
		return err
	}
	s.house.end(syscall.SIGTERM)
	if out, err := s.house.command("restore", "--from", file).CombinedOutput(); err != nil {
		return fmt.Errorf("restore: %w: %s", err, out)
	}
	seen := s.ana.seen(id)
	op, err := s.ana.Tap(
		client.Command{ConversationID: id, Type: "reply", Text: "Lo vi", Seen: seen},
	)
	if err != nil {
		return err
	}
	if err := s.house.start(ctx); err != nil {
		return err
	}
	// A restore ends every session. What is held stays until the agent has signed in.
	select {
	case <-s.ana.done:
		s.ana.stop = nil
	case <-ctx.Done():
		return errors.New("the session went on")
	}
	if err := s.ana.SignIn(ctx, "acme", "ana@acme.example", password); err != nil {
		return err
	}
	s.ana.run()
	answer, err := s.ana.Answer(ctx, op)
	if err != nil {
		return err
	}
	if err := expect("resets", s.ana.resets(), []string{"other_epoch"}); err != nil {
		return err
	}
	if answer.Refused == nil || answer.Refused.Code != "stale" {
		return fmt.Errorf("a reply to a line that is gone was not refused: %+v", answer)
	}
	return s.ana.holdsWhatAFreshReaderReads(ctx)
}
