package client

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"
)

// factCase is what happens to a conversation, what has to be read then, and how it stands: what
// changed of it, or all of it where it was not held whole.
type factCase struct {
	Events  Events            `json:"events"`
	Wants   []json.RawMessage `json:"wants"`
	Changes map[string]any    `json:"changes"`
	Holds   *Snapshot         `json:"holds"`
}

// changed reads the snapshot with these parts and items in place of its own.
func changed(t *testing.T, text json.RawMessage, changes map[string]any) *Snapshot {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for name, change := range changes {
		if name == "view" {
			view := fields["view"].(map[string]any)
			for part, value := range change.(map[string]any) {
				view[part] = value
			}
			continue
		}
		list, _ := fields[name].([]any)
		for _, item := range change.([]any) {
			id := item.(map[string]any)["id"]
			at := slices.IndexFunc(list, func(old any) bool { return old.(map[string]any)["id"] == id })
			if at < 0 {
				list = append(list, item)
			} else {
				list[at] = item
			}
		}
		fields[name] = list
	}
	whole, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	var snapshot Snapshot
	if err := json.Unmarshal(whole, &snapshot); err != nil {
		t.Fatal(err)
	}
	return &snapshot
}

// as reads a snapshot as this client keeps one, and writes it without what says nothing.
func as(t *testing.T, snapshot *Snapshot) any {
	t.Helper()
	text, err := json.Marshal(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	var fields any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return said(fields)
}

func said(value any) any {
	switch value := value.(type) {
	case []any:
		for i := range value {
			value[i] = said(value[i])
		}
	case map[string]any:
		for name, field := range value {
			list, isList := field.([]any)
			fields, isMap := field.(map[string]any)
			isEmpty := (isList && len(list) == 0) || (isMap && len(fields) == 0)
			if field == nil || field == "" || isEmpty {
				delete(value, name)
			} else {
				value[name] = said(field)
			}
		}
	}
	return value
}

func TestEachFactChangesWhatTheTableSays(t *testing.T) {
	text, err := os.ReadFile("../../../protocol/fixtures/rules/facts.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Before struct {
			Snapshot json.RawMessage `json:"snapshot"`
		} `json:"before"`
		Cases map[string]factCase `json:"cases"`
	}
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	if len(table.Cases) < 40 {
		t.Fatal("only", len(table.Cases), "cases")
	}
	for name, one := range table.Cases {
		held := changed(t, table.Before.Snapshot, nil)
		about := held.Key()
		if len(one.Events) > 0 && one.Events[0].ConversationID != "" {
			about = one.Events[0].ConversationID
		}
		state := &State{
			Session:       &Session{AgentID: "00000000-0000-0000-0000-000000000001"},
			Cursor:        &Cursor{Position: 100},
			Conversations: map[string]*Snapshot{held.Key(): held},
		}
		upto := int64(100 + len(one.Events))
		unread, err := state.applyEvents(&Frame{After: 100, Upto: upto, Events: one.Events})
		if err != nil {
			t.Error(name, err)
			continue
		}
		wanted := 0
		for _, want := range one.Wants {
			if want[0] == '{' {
				wanted++
			}
		}
		if len(unread) != wanted {
			t.Errorf("%s: reads %v, and the table %s", name, unread, one.Wants)
		}
		expected := one.Holds
		if expected == nil && about == held.Key() {
			expected = changed(t, table.Before.Snapshot, one.Changes)
		}
		got := state.Conversations[about]
		if (got == nil) != (expected == nil) {
			t.Errorf("%s: holds %v, and the table %v", name, got, expected)
		} else if got != nil && !reflect.DeepEqual(as(t, got), as(t, expected)) {
			have, _ := json.Marshal(as(t, got))
			want, _ := json.Marshal(as(t, expected))
			t.Errorf("%s:\nholds %s\ntable %s", name, have, want)
		}
	}
}
