package client

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

const conversation = "01890a5d-ac96-774b-bcce-00000000a004"

// told reads a frame with these events, as it would come.
func told(t *testing.T, events ...string) *Frame {
	t.Helper()
	text := `{"type": "events", "after": 96, "upto": 98, "events": [` + strings.Join(events, ",") + `]}`
	var frame Frame
	if err := json.Unmarshal([]byte(text), &frame); err != nil {
		t.Fatal(err)
	}
	return &frame
}

func state() *State {
	head := Head{ID: conversation, Revision: 40}
	return &State{
		Cursor:        &Cursor{Position: 96},
		Conversations: map[string]*Snapshot{conversation: {Level: "full", View: &View{Head: head}}},
	}
}

func TestAFactOfTheFutureMakesItsConversationBeReadAnew(t *testing.T) {
	future, err := os.ReadFile("../../../protocol/fixtures/event.from_the_future.json")
	if err != nil {
		t.Fatal(err)
	}
	odd := strings.Replace(string(future), `"of_the_future"`, `"owner_changed", "owner": 7`, 1)
	for _, event := range []string{string(future), odd} {
		state := state()
		unread, err := state.applyEvents(told(t, event))
		if err != nil || len(unread) != 1 || unread[0] != conversation {
			t.Fatal(unread, err)
		}
		if state.Cursor.Position != 98 || state.Conversations[conversation].View.Head.Revision != 40 {
			t.Fatal("the cursor moves on, the conversation stays as it was")
		}
	}
}

func TestAFactOfTheFutureWithoutAConversationIsPassedOver(t *testing.T) {
	state := state()
	event := `{"position": 97, "at": "2026-01-02T03:04:05.678Z", "actor": {"kind": "oracle"}, "type": "rule_changed"}`
	unread, err := state.applyEvents(told(t, event))
	if err != nil || len(unread) != 0 || state.Cursor.Position != 98 {
		t.Fatal(unread, err)
	}
}
