// Package client is a client of Baton, written from docs/protocol.md alone.
package client

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"
)

// Session is the answer of POST /sessions and POST /sessions/refresh.
type Session struct {
	AccessToken     string    `json:"access_token"`
	AccessExpiresAt time.Time `json:"access_expires_at"`
	RefreshToken    string    `json:"refresh_token"`
	DeviceID        string    `json:"device_id"`
	AgentID         string    `json:"agent_id"`
	WorkspaceID     string    `json:"workspace_id"`
}

// Named is anything with a `kind` and, where it applies, an `id`: an owner, an author, an actor.
type Named struct {
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`
}

// Status is the status of a conversation.
type Status struct {
	Kind  string `json:"kind"`
	Until string `json:"until,omitempty"`
}

// LineRef names a line by number and id.
type LineRef struct {
	Seq int64  `json:"seq"`
	ID  string `json:"id"`
}

// Turn is the customer's open turn.
type Turn struct {
	FromSeq int64  `json:"from_seq"`
	Since   string `json:"since"`
}

// Head is what an inbox shows of a conversation at any level.
type Head struct {
	ID              string  `json:"id"`
	ChannelID       string  `json:"channel_id"`
	TeamID          string  `json:"team_id"`
	Owner           Named   `json:"owner"`
	OwnerEpoch      int64   `json:"owner_epoch"`
	Status          Status  `json:"status"`
	Episode         int64   `json:"episode"`
	Revision        int64   `json:"revision"`
	LastSeq         int64   `json:"last_seq"`
	UnansweredSince *string `json:"unanswered_since"`
	ActivityAt      string  `json:"activity_at"`
	DueAt           *string `json:"due_at,omitempty"`
	Priority        string  `json:"priority,omitempty"`
	OrphanedAt      *string `json:"orphaned_at,omitempty"`
}

// Thread is the part of a conversation that the fence and the window need.
type Thread struct {
	ContactID   string   `json:"contact_id"`
	LastLine    *LineRef `json:"last_line"`
	CustomerSeq int64    `json:"customer_seq"`
	Turn        *Turn    `json:"turn"`
	WindowUntil *string  `json:"window_until"`
	LastAgent   *string  `json:"last_agent"`
	Followers   []string `json:"followers,omitempty"`
	Tags        []TagOn  `json:"tags,omitempty"`
	Block       *Block   `json:"block,omitempty"`
	Person      *string  `json:"person,omitempty"`

	Marketing *Marketing `json:"marketing,omitempty"`

	Language *Spoken  `json:"language,omitempty"`
	Offer    *Offer   `json:"offer,omitempty"`
	Lapsed   []Lapsed `json:"lapsed,omitempty"`

	Reminders []Reminder `json:"reminders,omitempty"`
}

// Reminder is the wish of an agent to be called back.
type Reminder struct {
	AgentID  string `json:"agent_id"`
	At       string `json:"at"`
	FollowUp bool   `json:"follow_up,omitempty"`
	NoteID   string `json:"note_id,omitempty"`
}

// Lapsed is an offer that nobody answered in time, a moment ago.
type Lapsed struct {
	OfferID string `json:"offer_id"`
	AgentID string `json:"agent_id"`
	At      string `json:"at"`
}

// Offer is a conversation that one agent is asked to take.
type Offer struct {
	OfferID string `json:"offer_id"`
	AgentID string `json:"agent_id"`
	Until   string `json:"until"`
}

// TagOn is a tag that is on a conversation.
type TagOn struct {
	Tag     string `json:"tag"`
	Lasting bool   `json:"lasting,omitempty"`
}

// Spoken is the language that the customer writes.
type Spoken struct {
	Language string `json:"language"`
	ByHand   bool   `json:"by_hand,omitempty"`
}

// Marketing is what the customer last said of it.
type Marketing struct {
	Stopped bool   `json:"stopped"`
	Since   string `json:"since"`
}

// Block says that the customer is blocked.
type Block struct {
	By       string `json:"by"`
	Since    string `json:"since"`
	Whatsapp string `json:"whatsapp"`
	Turn     *Turn  `json:"turn,omitempty"`
}

// Contact is the customer.
type Contact struct {
	Name     *string `json:"name"`
	Phone    *string `json:"phone"`
	Username *string `json:"username,omitempty"`
	Moves    []Move  `json:"moves,omitempty"`

	Fields map[string]any `json:"fields,omitempty"`
}

// Move says that the customer has another number from then on.
type Move struct {
	From *string `json:"from"`
	To   *string `json:"to"`
	At   string  `json:"at"`
}

// Content is what a line says.
type Content struct {
	Text *string `json:"text,omitempty"`
}

// Line is one line of a conversation.
type Line struct {
	Seq     int64           `json:"seq"`
	ID      string          `json:"id"`
	Author  Named           `json:"author"`
	Kind    string          `json:"kind"`
	At      string          `json:"at"`
	Status  string          `json:"status,omitempty"`
	Held    json.RawMessage `json:"held,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
	OpID    string          `json:"op_id,omitempty"`
	Quoted  string          `json:"quoted,omitempty"`
	Content *Content        `json:"content,omitempty"`
	Amended *Amended        `json:"amended,omitempty"`
}

// Amended is what became of a line, as far as this client keeps it.
type Amended struct {
	Revoked *Change `json:"revoked,omitempty"`
}

// Change is a later line that changes an earlier one.
type Change struct {
	Line *LineRef `json:"line"`
	At   string   `json:"at"`
}

func (l *Line) isRevoked() bool { return l.Amended != nil && l.Amended.Revoked != nil }

// Text is what the line says in words.
func (l Line) Text() string {
	if l.Content == nil || l.Content.Text == nil {
		return ""
	}
	return *l.Content.Text
}

// Note is a note of the team.
type Note struct {
	ID     string `json:"id"`
	Author string `json:"author"`
	Text   string `json:"text"`
}

// View is a conversation without its lines.
type View struct {
	Head    Head    `json:"head"`
	Thread  Thread  `json:"thread"`
	Contact Contact `json:"contact"`
	ReadSeq int64   `json:"read_seq"`
}

// Snapshot is one conversation, at level `head` or `full`.
type Snapshot struct {
	Level   string `json:"level"`
	Head    *Head  `json:"head,omitempty"`
	View    *View  `json:"view,omitempty"`
	FromSeq int64  `json:"from_seq"`
	Lines   []Line `json:"lines"`
	Notes   []Note `json:"notes,omitempty"`
}

// Key is the conversation's id.
func (s *Snapshot) Key() string { return s.Row().ID }

// Row is the head, whatever the level.
func (s *Snapshot) Row() *Head {
	if s.View != nil {
		return &s.View.Head
	}
	return s.Head
}

// Events are read one by one: of one that this client cannot read it takes the place alone.
type Events []Event

// UnmarshalJSON reads a list of events.
func (e *Events) UnmarshalJSON(text []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*e = make(Events, len(raw))
	for i, text := range raw {
		if json.Unmarshal(text, &(*e)[i]) == nil {
			continue
		}
		var place struct {
			Position       int64  `json:"position"`
			ConversationID string `json:"conversation_id"`
			Revision       int64  `json:"revision"`
		}
		if err := json.Unmarshal(text, &place); err != nil {
			return err
		}
		(*e)[i] = Event{Position: place.Position, ConversationID: place.ConversationID, Revision: place.Revision}
	}
	return nil
}

// Event is one entry of the log. Only the fields of its type are there.
type Event struct {
	Position       int64           `json:"position"`
	ConversationID string          `json:"conversation_id"`
	Revision       int64           `json:"revision"`
	At             string          `json:"at"`
	Actor          Named           `json:"actor"`
	Type           string          `json:"type"`
	ChannelID      string          `json:"channel_id"`
	ContactID      string          `json:"contact_id"`
	TeamID         string          `json:"team_id"`
	Episode        int64           `json:"episode"`
	Line           *LineRef        `json:"line"`
	Author         json.RawMessage `json:"author"`
	NoteID         string          `json:"note_id"`
	Kind           string          `json:"kind"`
	SaidAt         string          `json:"said_at"`
	Turn           *Turn           `json:"turn"`
	WindowUntil    *string         `json:"window_until"`
	Status         json.RawMessage `json:"status"`
	Held           json.RawMessage `json:"held"`
	Error          json.RawMessage `json:"error"`
	OpID           string          `json:"op_id"`
	Owner          Named           `json:"owner"`
	OwnerEpoch     int64           `json:"owner_epoch"`
	Cause          string          `json:"cause"`
	KeepsLast      bool            `json:"keeps_last"`
	Bot            bool            `json:"bot"`
	LastAnswer     *LastAnswer     `json:"last_answer"`
	AgentID        string          `json:"agent_id"`
	Added          []TagOn         `json:"added"`
	Removed        []string        `json:"removed"`
	Block          *Block          `json:"block"`
	Person         *string         `json:"person"`
	Marketing      *Marketing      `json:"marketing"`
	DueAt          *string         `json:"due_at"`
	Priority       string          `json:"priority"`
	Language       *Spoken         `json:"language"`
	Offer          *Offer          `json:"offer"`
	OfferID        string          `json:"offer_id"`
	End            string          `json:"end"`
	RemindAt       string          `json:"remind_at"`
	FollowUp       bool            `json:"follow_up"`
	Seq            int64           `json:"seq"`
	Head           *Head           `json:"head"`
	Quoted         string          `json:"quoted"`
	Amendment      struct {
		Kind string `json:"kind"`
		Change
	} `json:"amendment"`
	Content Contents `json:"content"`
}

// LastAnswer says who answered last.
type LastAnswer struct {
	AgentID *string `json:"agent_id"`
}

// Contents is the part of an event that may be erased.
type Contents struct {
	Line    *Content
	Note    *Content
	Contact *Contact
	// IsForeign says that it is of a kind that the page does not name.
	IsForeign bool
}

// UnmarshalJSON reads the content that there is.
func (c *Contents) UnmarshalJSON(text []byte) error {
	var kinds map[string]json.RawMessage
	if err := json.Unmarshal(text, &kinds); err != nil {
		return err
	}
	for kind, raw := range kinds {
		var err error
		switch kind {
		case "line":
			err = json.Unmarshal(raw, &c.Line)
		case "note":
			err = json.Unmarshal(raw, &c.Note)
		case "contact":
			err = json.Unmarshal(raw, &c.Contact)
		case "reaction":
		default:
			c.IsForeign = true
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Frame is any frame of the server.
type Frame struct {
	Type           string     `json:"type"`
	Cursor         string     `json:"cursor"`
	Epoch          string     `json:"epoch"`
	After          int64      `json:"after"`
	Upto           int64      `json:"upto"`
	Events         Events     `json:"events"`
	Position       int64      `json:"position"`
	Snapshot       *Snapshot  `json:"snapshot"`
	ConversationID string     `json:"conversation_id"`
	Reason         string     `json:"reason"`
	AfterMs        int64      `json:"after_ms"`
	Code           string     `json:"code"`
	Detail         string     `json:"detail"`
	Of             string     `json:"of"`
	Timings        Timings    `json:"timings"`
	ServerTime     *time.Time `json:"server_time"`
	Result
}

// Timings are told by `welcome`.
type Timings struct {
	IdleMs             int64 `json:"idle_ms"`
	SilentMs           int64 `json:"silent_ms"`
	BeingAnsweredMaxMs int64 `json:"being_answered_max_ms"`
}

// Command is what an agent wants done.
type Command struct {
	OpID             string   `json:"op_id"`
	ConversationID   string   `json:"conversation_id"`
	After            string   `json:"after,omitempty"`
	RetryOf          string   `json:"retry_of,omitempty"`
	Type             string   `json:"type"`
	Text             string   `json:"text,omitempty"`
	Seen             *LineRef `json:"seen,omitempty"`
	Replaces         string   `json:"replaces,omitempty"`
	ExpectOwnerEpoch int64    `json:"expect_owner_epoch,omitempty"`
	AgentID          string   `json:"agent_id,omitempty"`
	To               *Named   `json:"to,omitempty"`
	Until            string   `json:"until,omitempty"`
	Seq              int64    `json:"seq,omitempty"`
	MessageID        string   `json:"message_id,omitempty"`
}

// MarshalJSON always writes `seen` where the type has one, as null when nothing was seen.
func (c Command) MarshalJSON() ([]byte, error) {
	type plain Command
	bytes, err := json.Marshal(plain(c))
	if err != nil || c.Seen != nil || c.Type != "reply" {
		return bytes, err
	}
	return append(bytes[:len(bytes)-1], []byte(`,"seen":null}`)...), nil
}

// Result is the answer to a command.
type Result struct {
	OpID     string    `json:"op_id"`
	Accepted *Accepted `json:"accepted,omitempty"`
	Refused  *Refused  `json:"refused,omitempty"`
}

// Accepted says where a command is in the log.
type Accepted struct {
	Position int64    `json:"position,omitempty"`
	Revision int64    `json:"revision,omitempty"`
	Line     *LineRef `json:"line,omitempty"`
	Status   string   `json:"status,omitempty"`
}

// Refused says why a command was not carried out.
type Refused struct {
	Code         string    `json:"code"`
	Detail       string    `json:"detail"`
	Current      *LineRef  `json:"current,omitempty"`
	Missed       []LineRef `json:"missed,omitempty"`
	More         bool      `json:"more,omitempty"`
	Lines        []Line    `json:"lines,omitempty"`
	RetryAfterMs int64     `json:"retry_after_ms,omitempty"`
}

// Retryable says whether the same command is sent again with the same op id.
func (r *Refused) Retryable() bool {
	switch r.Code {
	case "being_answered", "depends_on_unknown", "unavailable", "rate_limited":
		return true
	}
	return false
}

// NewOpID makes a UUIDv7.
func NewOpID() string {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		panic(err)
	}
	ms := time.Now().UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}
