package client

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Cursor is how far the log was applied: an epoch and a position.
type Cursor struct {
	Epoch    string `json:"epoch"`
	Position int64  `json:"position"`
}

// Pending is a command of the outbox. It stays until its answer is final.
type Pending struct {
	Command Command `json:"command"`
	// Sent says that a byte of it may have left.
	Sent   bool    `json:"sent"`
	Answer *Result `json:"answer,omitempty"`
}

// State is everything that outlives the process. Each step of the client ends with one `save`, so
// that the cursor and what it stands for are never apart.
type State struct {
	Session       *Session             `json:"session,omitempty"`
	Cursor        *Cursor              `json:"cursor,omitempty"`
	SnapshotOwed  bool                 `json:"snapshot_owed"`
	Conversations map[string]*Snapshot `json:"conversations"`
	Outbox        []*Pending           `json:"outbox"`
	Answered      []*Pending           `json:"answered"`
	Wiped         bool                 `json:"wiped"`
}

func load(dir string) (*State, error) {
	state := &State{Conversations: map[string]*Snapshot{}}
	bytes, err := os.ReadFile(filepath.Join(dir, "state.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return state, nil
	}
	if err != nil {
		return nil, err
	}
	return state, json.Unmarshal(bytes, state)
}

// save replaces the file in one step: a process that dies leaves the state before or after.
func (s *State) save(dir string) error {
	bytes, err := json.Marshal(s)
	if err != nil {
		return err
	}
	next := filepath.Join(dir, "state.next")
	file, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = file.Write(bytes); err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(dir, "state.json"))
}

// wipe drops everything, as after `device_revoked`.
func (s *State) wipe() {
	*s = State{Conversations: map[string]*Snapshot{}, Wiped: true}
}
