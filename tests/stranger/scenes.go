package main

import (
	"context"
	"fmt"
	"time"

	"baton/stranger/client"
)

// patience is how long a scene waits before it judges what should be equal.
const patience = 5 * time.Second

const (
	lucia = "34611111111"
	mario = "34622222222"
)

func scenes(long bool) []scene {
	all := []scene{
		{"signs in, opens a socket with a ticket, and shows the inbox", inbox},
		{"is told what is wrong with its hello, and says another", secondHello},
		{"claims, and replies under the fence", replies},
		{"is refused as stale, shows what was missed, and sends again", stale},
		{"sends two quick replies as a chain", chain},
		{"dies with a tapped command, and sends it from its store", outbox},
		{"asks for the outcome before it gives a command up", givesUp},
		{"does everything an agent can do, and holds what is true", everything},
		{"sees a conversation leave, and come back at another level", levels},
		{"takes a snapshot when its rights change, away and live", rights},
		{"answers a customer of the demo, and sees it delivered", inDemo},
		{"works with HTTP alone", httpAlone},
		{"refreshes, also when the answer was lost", refreshes},
		{"survives a drain: 1012 tells when to come back", drain},
		{"survives SIGKILL of the server: nothing lost or doubled", killed},
	}
	all = append(all, closeScenes()...)
	if long {
		all = append(all, scene{"is closed with 4408 when it is silent", silent})
	}
	// The last one: it puts an older state of the server back.
	return append(all, scene{"meets a restored server: another epoch", restored})
}

func inbox(ctx context.Context, s *stage) error {
	if err := s.house.says(ctx, lucia, "Hola"); err != nil {
		return err
	}
	ana, err := s.enter(ctx, "ana", "ana@acme.example")
	if err != nil {
		return err
	}
	s.ana = ana
	if err := expect("resets", ana.resets(), []string{"no_cursor"}); err != nil {
		return err
	}
	id, err := ana.conversation(ctx, lucia)
	if err != nil {
		return err
	}
	if err := s.house.says(ctx, lucia, "¿Y mi pedido?"); err != nil {
		return err
	}
	if err := ana.shows(ctx, id, "¿Y mi pedido?"); err != nil {
		return err
	}
	if err := s.house.says(ctx, mario, "Buenas"); err != nil {
		return err
	}
	if _, err := ana.conversation(ctx, mario); err != nil {
		return err
	}
	return ana.holdsWhatAFreshReaderReads(ctx)
}

func replies(ctx context.Context, s *stage) error {
	id, err := s.ana.conversation(ctx, lucia)
	if err != nil {
		return err
	}
	claim := client.Command{
		ConversationID:   id,
		Type:             "claim",
		ExpectOwnerEpoch: s.ana.ownerEpoch(id),
	}
	if err := s.ana.isAccepted(ctx, claim); err != nil {
		return err
	}
	reply := client.Command{
		ConversationID: id,
		Type:           "reply",
		Text:           "Buenas, Lucía",
		Seen:           s.ana.seen(id),
	}
	if err := s.ana.isAccepted(ctx, reply); err != nil {
		return err
	}
	note := client.Command{ConversationID: id, Type: "note", Text: "asked for her order"}
	if err := s.ana.isAccepted(ctx, note); err != nil {
		return err
	}
	if err := s.ana.reachesMeta(ctx, id, reply.Text); err != nil {
		return err
	}
	if err := expect("texts at Meta", s.house.timesSent(reply.Text), 1); err != nil {
		return err
	}
	return s.ana.holdsWhatAFreshReaderReads(ctx)
}

// reachesMeta waits until the message's status is `accepted`.
func (a *actor) reachesMeta(ctx context.Context, id, text string) error {
	return a.reaches(ctx, id, text, "accepted")
}

// reaches waits until a message has a status.
func (a *actor) reaches(ctx context.Context, id, text, wanted string) error {
	status := ""
	err := a.Wait(ctx, func(state *client.State) bool {
		for _, line := range state.Conversations[id].Lines {
			if line.Text() == text {
				status = line.Status
			}
		}
		return status == wanted
	})
	if err != nil {
		return fmt.Errorf("%q is %q: %w", text, status, err)
	}
	return nil
}

func stale(ctx context.Context, s *stage) error {
	id, err := s.ana.conversation(ctx, lucia)
	if err != nil {
		return err
	}
	s.ana.die()
	if err := s.house.says(ctx, lucia, "Ya no hace falta"); err != nil {
		return err
	}
	late := client.Command{
		ConversationID: id,
		Type:           "reply",
		Text:           "Lo miro ahora",
		Seen:           s.ana.seen(id),
	}
	op, err := s.ana.Tap(late)
	if err != nil {
		return err
	}
	s.ana.run()
	answer, err := s.ana.Answer(ctx, op)
	if err != nil {
		return err
	}
	if answer.Refused == nil || answer.Refused.Code != "stale" {
		return fmt.Errorf("not refused as stale: %+v", answer)
	}
	missed := []string{}
	for _, line := range answer.Refused.Lines {
		missed = append(missed, line.Text())
	}
	if err := expect("missed", missed, []string{"Ya no hace falta"}); err != nil {
		return err
	}
	again := client.Command{ConversationID: id, Type: "reply", Text: "De acuerdo", RetryOf: op,
		Seen: answer.Refused.Current}
	if err := s.ana.isAccepted(ctx, again); err != nil {
		return err
	}
	if err := s.ana.reachesMeta(ctx, id, again.Text); err != nil {
		return err
	}
	if err := expect("texts at Meta", s.house.timesSent(late.Text), 0); err != nil {
		return err
	}
	return s.ana.holdsWhatAFreshReaderReads(ctx)
}

func chain(ctx context.Context, s *stage) error {
	id, err := s.ana.conversation(ctx, lucia)
	if err != nil {
		return err
	}
	seen, ops := s.ana.seen(id), []string{}
	for _, text := range []string{"Uno", "Dos", "Tres"} {
		op, err := s.ana.Tap(
			client.Command{ConversationID: id, Type: "reply", Text: text, Seen: seen},
		)
		if err != nil {
			return err
		}
		ops = append(ops, op)
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
	if err := s.ana.shows(ctx, id, "Tres"); err != nil {
		return err
	}
	return s.ana.once(ctx, id, "Uno", "Dos", "Tres")
}

func outbox(ctx context.Context, s *stage) error {
	id, err := s.ana.conversation(ctx, lucia)
	if err != nil {
		return err
	}
	s.ana.die()
	command := client.Command{
		ConversationID: id,
		Type:           "reply",
		Text:           "Desde el metro",
		Seen:           s.ana.seen(id),
	}
	op, err := s.ana.Tap(command)
	if err != nil {
		return err
	}
	// Another process opens the same store.
	if s.ana, err = s.open("ana"); err != nil {
		return err
	}
	s.ana.run()
	if _, err := s.ana.Answer(ctx, op); err != nil {
		return err
	}
	if err := expect("resets", len(s.ana.resets()), 0); err != nil {
		return err
	}
	// The same command again, by the other road: the stored answer, and no second line.
	command.OpID = op
	results, err := s.ana.Post(ctx, command)
	if err != nil {
		return err
	}
	if results[0].Accepted == nil {
		return fmt.Errorf("the same command again: %+v", results[0].Refused)
	}
	if err := s.ana.reachesMeta(ctx, id, command.Text); err != nil {
		return err
	}
	if err := expect("texts at Meta", s.house.timesSent(command.Text), 1); err != nil {
		return err
	}
	return s.ana.once(ctx, id, command.Text)
}

func givesUp(ctx context.Context, s *stage) error {
	id, err := s.ana.conversation(ctx, lucia)
	if err != nil {
		return err
	}
	command := client.Command{
		OpID:           client.NewOpID(),
		ConversationID: id,
		Type:           "reply",
		Text:           "Olvidado",
		Seen:           s.ana.seen(id),
	}
	asked, err := s.ana.Outcomes(ctx, command.OpID)
	if err != nil {
		return err
	}
	results, err := s.ana.Post(ctx, command)
	if err != nil {
		return err
	}
	for _, result := range []client.Result{asked[0], results[0]} {
		if result.Refused == nil || result.Refused.Code != "cancelled" {
			return fmt.Errorf("not cancelled: %+v", result)
		}
	}
	return expect("texts at Meta", s.house.timesSent(command.Text), 0)
}

// httpAlone knows four requests: sign in, snapshot, sync, commands.
func httpAlone(ctx context.Context, s *stage) error {
	ben, err := s.open("ben-http")
	if err != nil {
		return err
	}
	if err := ben.SignIn(ctx, "acme", "ben@acme.example", password); err != nil {
		return err
	}
	all, cursor, err := ben.ReadSnapshot(ctx, 0)
	if err != nil {
		return err
	}
	err = ben.Change(func(state *client.State) {
		state.Cursor = &cursor
		for i := range all {
			state.Conversations[all[i].Key()] = &all[i]
		}
	})
	if err != nil {
		return err
	}
	id, err := ben.conversation(ctx, mario)
	if err != nil {
		return err
	}
	if err := s.house.says(ctx, mario, "¿Hay alguien?"); err != nil {
		return err
	}
	if err := ben.Sync(ctx); err != nil {
		return err
	}
	if err := ben.shows(ctx, id, "¿Hay alguien?"); err != nil {
		return err
	}
	results, err := ben.Post(
		ctx,
		client.Command{OpID: client.NewOpID(), ConversationID: id, Type: "reply",
			Text: "Aquí Ben", Seen: ben.seen(id)},
	)
	if err != nil {
		return err
	}
	if results[0].Accepted == nil {
		return fmt.Errorf("refused: %+v", results[0].Refused)
	}
	if err := ben.Sync(ctx); err != nil {
		return err
	}
	if err := ben.shows(ctx, id, "Aquí Ben"); err != nil {
		return err
	}
	if err := s.ana.shows(ctx, id, "Aquí Ben"); err != nil {
		return err
	}
	return s.ana.holdsWhatAFreshReaderReads(ctx)
}

func refreshes(ctx context.Context, s *stage) error {
	ben, err := s.open("ben-refresh")
	if err != nil {
		return err
	}
	if err := ben.SignIn(ctx, "acme", "ben@acme.example", password); err != nil {
		return err
	}
	session := func() client.Session {
		return ben.Look(func(state *client.State) any { return *state.Session }).(client.Session)
	}
	before := session()
	if err := ben.Refresh(ctx); err != nil {
		return err
	}
	lost := session()
	_ = ben.Change(func(state *client.State) { state.Session = &before })
	if err := ben.Refresh(ctx); err != nil {
		return err
	}
	if err := expect("the successor of one token", session().RefreshToken, lost.RefreshToken); err != nil {
		return err
	}
	// It is used; after that the older one is a copy in somebody's hand.
	if _, _, err := ben.ReadSnapshot(ctx, 0); err != nil {
		return err
	}
	used := session()
	_ = ben.Change(func(state *client.State) { state.Session = &before })
	if err := ben.Refresh(ctx); err == nil {
		return fmt.Errorf("a used refresh token was taken")
	}
	_ = ben.Change(func(state *client.State) { state.Session = &used })
	if _, _, err := ben.ReadSnapshot(ctx, 0); err == nil {
		return fmt.Errorf("the session goes on after its token was copied")
	}
	return nil
}
