package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"baton/stranger/client"
)

// everything gives each command that an agent has, to a customer of its own.
func everything(ctx context.Context, s *stage) error {
	const phone = "34633333333"
	if err := s.house.says(ctx, phone, "Primero"); err != nil {
		return err
	}
	id, err := s.ana.conversation(ctx, phone)
	if err != nil {
		return err
	}
	me := s.ana.Look(func(state *client.State) any { return state.Session.AgentID }).(string)
	steps := []func() client.Command{
		func() client.Command { return client.Command{Type: "claim", ExpectOwnerEpoch: s.ana.ownerEpoch(id)} },
		func() client.Command { return client.Command{Type: "reply", Text: "Voy", Seen: s.ana.seen(id)} },
		func() client.Command { return client.Command{Type: "mark_read", Seq: s.ana.seen(id).Seq} },
		func() client.Command { return client.Command{Type: "mark_waiting", Seen: s.ana.seen(id)} },
		func() client.Command { return client.Command{Type: "note", Text: "espera al almacén"} },
		func() client.Command {
			until := time.Now().UTC().Add(time.Hour).Format("2006-01-02T15:04:05.000Z")
			return client.Command{Type: "snooze", Until: until, Seen: s.ana.seen(id)}
		},
		func() client.Command { return client.Command{Type: "reopen"} },
		func() client.Command { return client.Command{Type: "follow"} },
		func() client.Command { return client.Command{Type: "unfollow"} },
		func() client.Command {
			return client.Command{
				Type:             "assign",
				AgentID:          me,
				ExpectOwnerEpoch: s.ana.ownerEpoch(id),
			}
		},
		func() client.Command { return client.Command{Type: "unassign", ExpectOwnerEpoch: s.ana.ownerEpoch(id)} },
		func() client.Command {
			return client.Command{
				Type:             "transfer",
				To:               &client.Named{Kind: "agent", ID: me},
				Seen:             s.ana.seen(id),
				ExpectOwnerEpoch: s.ana.ownerEpoch(id),
			}
		},
		func() client.Command { return client.Command{Type: "reply", Text: "Ya está", Seen: s.ana.seen(id)} },
		func() client.Command { return client.Command{Type: "resolve", Seen: s.ana.seen(id)} },
		func() client.Command {
			return client.Command{Type: "reply", Text: "Una cosa más", Seen: s.ana.seen(id)}
		},
	}
	for _, step := range steps {
		command := step()
		command.ConversationID = id
		if err := s.ana.isAccepted(ctx, command); err != nil {
			return err
		}
		if command.Text != "" && command.Type == "reply" {
			if err := s.ana.shows(ctx, id, command.Text); err != nil {
				return err
			}
		}
		if err := s.ana.holdsWhatAFreshReaderReads(ctx); err != nil {
			return fmt.Errorf("after %s: %w", command.Type, err)
		}
	}
	return nil
}

// levels lets Ana take a conversation of a team that shows heads, and one of a team that shows each
// member what is theirs. Ben watches, and is away when they come back.
func levels(ctx context.Context, s *stage) error {
	ben, err := s.enter(ctx, "ben-levels", "ben@acme.example")
	if err != nil {
		return err
	}
	defer ben.die()
	heads, err := s.opens(ctx, ben, headsNumber, "34644444444", "head")
	if err != nil {
		return err
	}
	own, err := s.opens(ctx, ben, ownNumber, "34655555555", "full")
	if err != nil {
		return err
	}
	for _, id := range []string{heads, own} {
		claim := client.Command{
			ConversationID:   id,
			Type:             "claim",
			ExpectOwnerEpoch: s.ana.ownerEpoch(id),
		}
		if err := s.ana.isAccepted(ctx, claim); err != nil {
			return err
		}
	}
	if err := errors.Join(s.ana.sees(ctx, heads, "full"), ben.sees(ctx, heads, "head"), ben.sees(ctx, own, "")); err != nil {
		return fmt.Errorf("after a claim: %w", err)
	}
	if err := errors.Join(ben.holdsWhatAFreshReaderReads(ctx), s.ana.holdsWhatAFreshReaderReads(ctx)); err != nil {
		return err
	}
	ben.die()
	for _, id := range []string{heads, own} {
		back := client.Command{
			ConversationID:   id,
			Type:             "unassign",
			ExpectOwnerEpoch: s.ana.ownerEpoch(id),
		}
		if err := s.ana.isAccepted(ctx, back); err != nil {
			return err
		}
	}
	ben.run()
	if err := errors.Join(s.ana.sees(ctx, heads, "head"), ben.sees(ctx, own, "full")); err != nil {
		return fmt.Errorf("after they came back: %w", err)
	}
	if err := expect("resets", ben.resets(), []string{"no_cursor"}); err != nil {
		return err
	}
	return errors.Join(ben.holdsWhatAFreshReaderReads(ctx), s.ana.holdsWhatAFreshReaderReads(ctx))
}

// opens lets a customer write to a number, and waits until Ana and Ben hold the conversation.
func (s *stage) opens(
	ctx context.Context,
	ben *actor,
	number, phone, level string,
) (string, error) {
	known := map[string]bool{}
	s.ana.Look(func(state *client.State) any {
		for id := range state.Conversations {
			known[id] = true
		}
		return nil
	})
	if err := s.house.saysTo(ctx, number, phone, "Primero"); err != nil {
		return "", err
	}
	id := ""
	err := s.ana.Wait(ctx, func(state *client.State) bool {
		for key := range state.Conversations {
			if !known[key] {
				id = key
			}
		}
		return id != ""
	})
	return id, errors.Join(err, s.ana.sees(ctx, id, level), ben.sees(ctx, id, level))
}

// sees waits until the client holds the conversation at a level; "" is not at all.
func (a *actor) sees(ctx context.Context, id, wanted string) error {
	level := ""
	err := a.Wait(ctx, func(state *client.State) bool {
		level = ""
		if held := state.Conversations[id]; held != nil {
			level = held.Level
		}
		return level == wanted
	})
	if err != nil {
		return fmt.Errorf("the level is %q, not %q: %w", level, wanted, err)
	}
	return nil
}

// rights takes Ben out of a team while he is away, and back while he is live.
func rights(ctx context.Context, s *stage) error {
	ben, err := s.enter(ctx, "ben-levels", "ben@acme.example")
	if err != nil {
		return err
	}
	defer ben.die()
	admin, err := s.open("admin")
	if err != nil {
		return err
	}
	if err := admin.SignIn(ctx, "acme", "admin@acme.example", password); err != nil {
		return err
	}
	id, err := ben.conversation(ctx, lucia)
	if err != nil {
		return err
	}
	agent := ben.Look(func(state *client.State) any { return state.Session.AgentID }).(string)
	team := ben.Look(func(state *client.State) any {
		return state.Conversations[id].Row().TeamID
	}).(string)
	ben.die()
	if err := admin.Member(ctx, team, agent, ""); err != nil {
		return err
	}
	ben.run()
	if err := errors.Join(ben.sees(ctx, id, ""), ben.holdsWhatAFreshReaderReads(ctx)); err != nil {
		return fmt.Errorf("away: %w", err)
	}
	if err := admin.Member(ctx, team, agent, "member"); err != nil {
		return err
	}
	if err := errors.Join(ben.sees(ctx, id, "full"), ben.holdsWhatAFreshReaderReads(ctx)); err != nil {
		return fmt.Errorf("live: %w", err)
	}
	return expect("resets", ben.resets(), []string{"scope_changed", "scope_changed"})
}
