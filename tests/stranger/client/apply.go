package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// errGap says that a frame is missing: close, and connect again with the cursor.
var errGap = errors.New("a frame is missing")

// applyEvents applies one `events` frame and moves the cursor. It returns the conversations that
// have to be read again because an event of theirs is missing.
func (s *State) applyEvents(frame *Frame) (unread []string, err error) {
	if s.Cursor == nil || frame.After > s.Cursor.Position {
		return nil, errGap
	}
	for i := range frame.Events {
		event := &frame.Events[i]
		if event.Position <= s.Cursor.Position {
			continue
		}
		if !s.apply(event) && !slices.Contains(unread, event.ConversationID) {
			unread = append(unread, event.ConversationID)
		}
	}
	s.Cursor.Position = max(s.Cursor.Position, frame.Upto)
	return unread, nil
}

// apply returns false where the conversation has to be read.
func (s *State) apply(event *Event) bool {
	if event.ConversationID == "" {
		return true
	}
	held := s.Conversations[event.ConversationID]
	if event.Type == "head_changed" {
		if held == nil || held.Row().Revision < event.Head.Revision {
			s.Conversations[event.ConversationID] = &Snapshot{Level: "head", Head: event.Head}
		}
		return true
	}
	if event.Type == "conversation_opened" && held == nil {
		s.open(event)
		return true
	}
	if event.Type == "read_marked" {
		isMine := s.Session != nil && s.Session.AgentID == event.AgentID
		if isMine && held != nil && held.View != nil {
			held.View.ReadSeq = max(held.View.ReadSeq, event.Seq)
		}
		return true
	}
	if event.Type == "unread_marked" {
		isMine := s.Session != nil && s.Session.AgentID == event.AgentID
		if isMine && held != nil && held.View != nil {
			held.View.ReadSeq = min(held.View.ReadSeq, event.Seq)
		}
		return true
	}
	if held == nil || held.View == nil {
		return false
	}
	head := &held.View.Head
	if head.Revision >= event.Revision {
		return true
	}
	if head.Revision < event.Revision-1 {
		return false
	}
	if !held.change(event) {
		// Of a later version of the page, or more than this client can read.
		return false
	}
	head.Revision = event.Revision
	return true
}

func (s *State) open(event *Event) {
	head := Head{
		ID: event.ConversationID, ChannelID: event.ChannelID, TeamID: event.TeamID,
		Owner: Named{Kind: "queue", ID: event.TeamID}, OwnerEpoch: 1,
		Status: Status{Kind: "open"}, Revision: event.Revision, ActivityAt: event.At,
	}
	view := &View{Head: head, Thread: Thread{ContactID: event.ContactID}}
	s.Conversations[event.ConversationID] = &Snapshot{Level: "full", View: view, FromSeq: 1}
}

// change applies an event of the next revision. It returns false where it does not know the type.
func (c *Snapshot) change(event *Event) bool {
	head, thread := &c.View.Head, &c.View.Thread
	if event.Content.IsForeign {
		return false
	}
	thread.remind(event)
	switch event.Type {
	case "contact_changed":
		c.View.Contact = Contact{}
		if event.Content.Contact != nil {
			c.View.Contact = *event.Content.Contact
		}
	case "episode_opened":
		head.Episode, head.Status = event.Episode, Status{Kind: "open"}
		head.Priority = ""
		thread.Tags = slices.DeleteFunc(thread.Tags, func(on TagOn) bool { return !on.Lasting })
	case "line_received":
		c.append(event, Named{Kind: "customer"})
		thread.WindowUntil = event.WindowUntil
		if event.Turn != nil {
			thread.CustomerSeq = event.Line.Seq
		}
		c.turn(event.Turn)
	case "line_written":
		var author Named
		must(json.Unmarshal(event.Author, &author))
		c.append(event, author)
		if author.Kind == "agent" && !event.Bot {
			thread.LastAgent = &author.ID
		}
		c.turn(event.Turn)
	case "message_changed":
		for i := range c.Lines {
			if c.Lines[i].ID == event.Line.ID {
				must(json.Unmarshal(event.Status, &c.Lines[i].Status))
				c.Lines[i].Held, c.Lines[i].Error = event.Held, event.Error
			}
		}
		if event.LastAnswer != nil {
			thread.LastAgent = event.LastAnswer.AgentID
		}
		c.turn(event.Turn)
	case "line_amended":
		switch event.Amendment.Kind {
		case "revoked":
			for i := range c.Lines {
				if c.Lines[i].ID == event.Line.ID {
					revoked := event.Amendment.Change
					c.Lines[i].Amended = &Amended{Revoked: &revoked}
				}
			}
			c.hide()
		case "edited", "reacted", "received", "forwarded":
		default:
			return false
		}
	case "line_understood":
		for i := range c.Lines {
			if c.Lines[i].ID == event.Line.ID {
				c.Lines[i].Kind, c.Lines[i].Content = event.Kind, event.Content.Line
			}
		}
		c.hide()
	case "note_added":
		note := Note{ID: event.NoteID}
		must(json.Unmarshal(event.Author, &note.Author))
		if event.Content.Note != nil && event.Content.Note.Text != nil {
			note.Text = *event.Content.Note.Text
		}
		c.Notes = append(c.Notes, note)
	case "owner_changed":
		head.Owner, head.OwnerEpoch, head.TeamID = event.Owner, event.OwnerEpoch, event.TeamID
		if event.Cause == "absent" || event.Cause == "unreachable" {
			head.OrphanedAt = &event.At
		}
		if event.Owner.Kind == "agent" {
			head.OrphanedAt, thread.Lapsed = nil, nil
			if !event.KeepsLast {
				thread.LastAgent = &event.Owner.ID
			}
		}
	case "status_changed":
		head.Status = Status{}
		must(json.Unmarshal(event.Status, &head.Status))
		if head.Status.Kind == "resolved" {
			head.OrphanedAt = nil
		}
		c.turn(event.Turn)
	case "priority_changed":
		head.Priority = strings.TrimPrefix(event.Priority, "normal")
	case "due_changed":
		head.DueAt = event.DueAt
	case "followed":
		if !slices.Contains(thread.Followers, event.AgentID) {
			thread.Followers = append(thread.Followers, event.AgentID)
			slices.Sort(thread.Followers)
		}
	case "unfollowed":
		thread.Followers = slices.DeleteFunc(thread.Followers,
			func(id string) bool { return id == event.AgentID })
	case "tagged":
		gone := slices.Clone(event.Removed)
		for _, on := range event.Added {
			gone = append(gone, on.Tag)
		}
		thread.Tags = slices.DeleteFunc(thread.Tags,
			func(on TagOn) bool { return slices.Contains(gone, on.Tag) })
		thread.Tags = append(thread.Tags, event.Added...)
		slices.SortFunc(thread.Tags, func(a, b TagOn) int { return strings.Compare(a.Tag, b.Tag) })
	case "language_changed":
		thread.Language = event.Language
	case "marketing_changed":
		thread.Marketing = event.Marketing
	case "block_changed":
		thread.Block = event.Block
	case "person_changed":
		thread.Person = event.Person
	case "routed":
		thread.Offer = event.Offer
	case "offer_ended":
		if thread.Offer != nil && thread.Offer.OfferID == event.OfferID {
			thread.Offer = nil
		}
		if event.End == "missed" || event.End == "not_received" {
			gone := func(one Lapsed) bool { return instant(event.At).Sub(instant(one.At)) >= 2*time.Minute }
			thread.Lapsed = slices.DeleteFunc(thread.Lapsed, gone)
			if len(thread.Lapsed) >= 4 {
				thread.Lapsed = thread.Lapsed[1:]
			}
			thread.Lapsed = append(thread.Lapsed, Lapsed{event.OfferID, event.AgentID, event.At})
		}
	case "conversation_opened", "file_changed", "reminder_set", "reminder_ended":
	default:
		return false
	}
	return true
}

// remind keeps which reminders stand.
func (t *Thread) remind(event *Event) {
	end := func(isOver func(one Reminder) bool) {
		t.Reminders = slices.DeleteFunc(t.Reminders, isOver)
	}
	switch event.Type {
	case "reminder_set", "reminder_ended":
		end(func(one Reminder) bool { return one.AgentID == event.AgentID })
	case "line_received":
		silent := []string{"reaction", "edit", "revocation", "unreadable"}
		if event.Turn != nil && !slices.Contains(silent, event.Kind) {
			end(func(one Reminder) bool { return one.FollowUp })
		}
	case "line_written":
		var author Named
		must(json.Unmarshal(event.Author, &author))
		if event.Turn == nil && author.Kind == "agent" {
			end(func(one Reminder) bool { return !one.FollowUp && one.AgentID == author.ID })
		}
	case "status_changed":
		var status Status
		must(json.Unmarshal(event.Status, &status))
		if status.Kind == "resolved" {
			by := func(id string) bool { return event.Actor.Kind == "agent" && event.Actor.ID == id }
			end(func(one Reminder) bool { return one.FollowUp || by(one.AgentID) })
		}
	}
	if event.Type == "reminder_set" {
		set := Reminder{event.AgentID, event.RemindAt, event.FollowUp, event.NoteID}
		t.Reminders = append(t.Reminders, set)
		slices.SortFunc(t.Reminders,
			func(a, b Reminder) int { return strings.Compare(a.AgentID, b.AgentID) })
	}
}

func (c *Snapshot) append(event *Event, author Named) {
	line := Line{Seq: event.Line.Seq, ID: event.Line.ID, Author: author, Kind: event.Kind,
		At: event.SaidAt, OpID: event.OpID, Quoted: event.Quoted, Content: event.Content.Line}
	if event.Status != nil {
		must(json.Unmarshal(event.Status, &line.Status))
	}
	c.Lines = append(c.Lines, line)
	c.hide()
	c.View.Head.LastSeq = event.Line.Seq
	c.View.Head.ActivityAt = event.At
	c.View.Thread.LastLine = event.Line
}

// hide leaves out what lines said that were taken back, and what their edits said.
func (c *Snapshot) hide() {
	for i := range c.Lines {
		line := &c.Lines[i]
		isGone := func(of Line) bool {
			isEdited := line.Kind == "edit" && line.Quoted == of.ID
			return of.isRevoked() && (of.ID == line.ID || isEdited)
		}
		if slices.ContainsFunc(c.Lines, isGone) {
			line.Content = &Content{}
		}
	}
}

func (c *Snapshot) turn(turn *Turn) {
	c.View.Thread.Turn = turn
	c.View.Head.UnansweredSince = nil
	if turn != nil {
		c.View.Head.UnansweredSince = &turn.Since
	}
}

// replace puts a snapshot in place of what is held, unless that is newer.
func (s *State) replace(snapshot *Snapshot) {
	held := s.Conversations[snapshot.Key()]
	if held == nil || held.Row().Revision <= snapshot.Row().Revision {
		s.Conversations[snapshot.Key()] = snapshot
	}
}

// reset starts over from the head of the log; a snapshot is owed from then on.
func (s *State) reset(frame *Frame, epoch string) {
	s.Cursor = &Cursor{Epoch: epoch, Position: frame.Upto}
	s.SnapshotOwed = true
	if frame.Reason == "other_epoch" {
		s.Conversations = map[string]*Snapshot{}
	}
}

// Seen is what `seen` says for a conversation whose last line is on the screen.
func (s *State) Seen(conversation string) *LineRef {
	held := s.Conversations[conversation]
	if held == nil || held.View == nil {
		return nil
	}
	return held.View.Thread.LastLine
}

func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("a frame is not as the page says: %v", err))
	}
}

func instant(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	must(err)
	return at
}
