package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Problem is an error of a request (RFC 9457).
type Problem struct {
	Status       int    `json:"status"`
	Code         string `json:"code"`
	Detail       string `json:"detail"`
	RetryAfterMs int64  `json:"retry_after_ms"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// call makes one request of /api/v1 and reads its answer into `into`.
func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.server+"/api/v1"+path, &sent)
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if session := c.session(); session != nil {
		request.Header.Set("Authorization", "Bearer "+session.AccessToken)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 400 {
		problem := &Problem{Status: answer.StatusCode}
		_ = json.NewDecoder(answer.Body).Decode(problem)
		return problem
	}
	if into == nil || answer.StatusCode == http.StatusNoContent {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// SignIn opens a session, on the device of the previous one where there was one.
func (c *Client) SignIn(ctx context.Context, workspace, email, password string) error {
	body := map[string]string{"workspace": workspace, "email": email, "password": password,
		"device_name": "a client in Go"}
	if session := c.session(); session != nil {
		body["device_id"] = session.DeviceID
	}
	var session Session
	if err := c.call(ctx, "POST", "/sessions", body, &session); err != nil {
		return err
	}
	return c.Change(func(state *State) { state.Session, state.Wiped = &session, false })
}

// Refresh stores the next session before anything uses it.
func (c *Client) Refresh(ctx context.Context) error {
	held := c.session()
	body := map[string]string{"refresh_token": held.RefreshToken, "device_id": held.DeviceID}
	var session Session
	if err := c.call(ctx, "POST", "/sessions/refresh", body, &session); err != nil {
		return err
	}
	return c.Change(func(state *State) { state.Session = &session })
}

func (c *Client) refreshIfDue(ctx context.Context) error {
	if time.Until(c.session().AccessExpiresAt) > time.Minute {
		return nil
	}
	return c.Refresh(ctx)
}

func (c *Client) ticket(ctx context.Context) (string, error) {
	var answer struct {
		Ticket string `json:"ticket"`
	}
	err := c.call(ctx, "POST", "/socket-tickets", nil, &answer)
	return answer.Ticket, err
}

// EndDevice signs a device of the agent out, or revokes it.
func (c *Client) EndDevice(ctx context.Context, device string) error {
	return c.call(ctx, "DELETE", "/sessions/"+device, nil, nil)
}

// Member lets an admin take an agent into a team, as `member` or `supervisor`; "" takes them out.
func (c *Client) Member(ctx context.Context, team, agent, kind string) error {
	path := "/teams/" + team + "/members/" + agent
	if kind == "" {
		return c.call(ctx, "DELETE", path, nil, nil)
	}
	return c.call(ctx, "PUT", path, map[string]string{"kind": kind}, nil)
}

// Page is one page of GET /snapshot.
type Page struct {
	Cursor        string     `json:"cursor"`
	Conversations []Snapshot `json:"conversations"`
	Next          string     `json:"next"`
}

// ReadSnapshot reads all pages. `least` is the position that the first page must have reached.
func (c *Client) ReadSnapshot(ctx context.Context, least int64) ([]Snapshot, Cursor, error) {
	var all []Snapshot
	next := ""
	for {
		var page Page
		path := "/snapshot?limit=2"
		if next != "" {
			path += "&page=" + url.QueryEscape(next)
		}
		if err := c.call(ctx, "GET", path, nil, &page); err != nil {
			return nil, Cursor{}, err
		}
		cursor, err := parseCursor(page.Cursor)
		if err != nil {
			return nil, cursor, err
		}
		if cursor.Position < least {
			if err := pause(ctx, 200*time.Millisecond); err != nil {
				return nil, cursor, err
			}
			continue
		}
		all = append(all, page.Conversations...)
		if next = page.Next; next == "" {
			return all, cursor, nil
		}
	}
}

// Messages reads every line of a conversation, the oldest first.
func (c *Client) Messages(ctx context.Context, conversation string) ([]Line, error) {
	var all []Line
	before := ""
	for {
		var page struct {
			Lines  []Line `json:"lines"`
			Before int64  `json:"before"`
		}
		path := "/conversations/" + conversation + "/messages?limit=20" + before
		if err := c.call(ctx, "GET", path, nil, &page); err != nil {
			return nil, err
		}
		all = append(page.Lines, all...)
		if page.Before == 0 {
			return all, nil
		}
		before = fmt.Sprintf("&before=%d", page.Before)
	}
}

// Outcomes asks what became of commands, and gives up those that the server does not know.
func (c *Client) Outcomes(ctx context.Context, ids ...string) ([]Result, error) {
	var answer struct {
		Results []Result `json:"results"`
	}
	err := c.call(ctx, "POST", "/commands/outcomes", map[string][]string{"op_ids": ids}, &answer)
	return answer.Results, err
}

// Post sends commands without a socket.
func (c *Client) Post(ctx context.Context, commands ...Command) ([]Result, error) {
	var answer struct {
		Results []Result `json:"results"`
	}
	err := c.call(ctx, "POST", "/commands", commands, &answer)
	return answer.Results, err
}

// Sync resumes without a socket.
func (c *Client) Sync(ctx context.Context) error {
	cursor := c.Look(func(state *State) any { return *state.Cursor }).(Cursor)
	var answer struct {
		Cursor string  `json:"cursor"`
		Frames []Frame `json:"frames"`
	}
	path := "/sync?after=" + url.QueryEscape(cursor.text())
	if err := c.call(ctx, "GET", path, nil, &answer); err != nil {
		return err
	}
	for i := range answer.Frames {
		if err := c.durable(ctx, &answer.Frames[i], cursor.Epoch); err != nil {
			return err
		}
	}
	return nil
}
