package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	metaApp   = "670000000000001"
	appSecret = "the-app-secret"
	number    = "106540352242922"
	// The team of this number shows its members heads only.
	headsNumber = "106540352242923"
	// The team of this number shows its members what they own, and the queue.
	ownNumber = "106540352242924"
	password  = "correct horse battery staple"
)

// house is a server of its own on loopback, with a pretended Meta on both sides of it.
type house struct {
	program string
	dir     string
	bind    string
	meta    *httptest.Server
	process *exec.Cmd

	mutex  sync.Mutex
	sent   map[string]int
	wamids int
}

func newHouse(program, dir string) (*house, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &house{program: program, dir: dir, bind: listener.Addr().String(), sent: map[string]int{}}
	if err := listener.Close(); err != nil {
		return nil, err
	}
	h.meta = httptest.NewServer(http.HandlerFunc(h.graph))
	return h, nil
}

// graph is Meta's side for sending: it counts each text.
func (h *house) graph(w http.ResponseWriter, r *http.Request) {
	var body struct {
		To   string `json:"to"`
		Text struct {
			Body string `json:"body"`
		} `json:"text"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	}
	h.mutex.Lock()
	h.sent[body.Text.Body]++
	h.wamids++
	id := fmt.Sprintf("wamid.out.%d", h.wamids)
	h.mutex.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"messaging_product": "whatsapp",
		"contacts": []any{map[string]string{"input": body.To, "wa_id": body.To}},
		"messages": []any{map[string]string{"id": id}}})
}

func (h *house) timesSent(text string) int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.sent[text]
}

func (h *house) url() string { return "http://" + h.bind }

func (h *house) command(arguments ...string) *exec.Cmd {
	command := exec.Command(h.program, append(arguments, "--data", filepath.Join(h.dir, "data"))...)
	command.Env = append(
		os.Environ(),
		"BATON_WHATSAPP__GRAPH_URL="+h.meta.URL,
		"BATON_HTTP__BIND="+h.bind,
	)
	return command
}

func (h *house) admin(input string, arguments ...string) error {
	command := h.command(append([]string{"admin"}, arguments...)...)
	command.Stdin = strings.NewReader(input)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("baton admin %s: %w: %s", arguments[0], err, out)
	}
	return nil
}

// furnish sets up a workspace, a number and two agents.
func (h *house) furnish() error {
	steps := [][]string{
		{
			"workspace",
			"add",
			"--slug",
			"acme",
			"--name",
			"Acme",
			"--admin-email",
			"admin@acme.example",
			"--password-file",
			"-",
		},
		{"meta-app", "add", "--id", metaApp, "--app-secret-file", "-"},
		{"channel", "add", "--no-check", "--workspace", "acme", "--name", "Support", "--meta-app", metaApp,
			"--phone-number-id", number, "--display-number", "+34 600 000 000", "--team", "Team", "--access-token-file", "-"},
		{"team", "add", "--workspace", "acme", "--name", "Heads", "--visibility", "head"},
		{"team", "add", "--workspace", "acme", "--name", "Own", "--visibility", "own"},
		{"channel", "add", "--no-check", "--workspace", "acme", "--name", "Sales", "--meta-app", metaApp,
			"--phone-number-id", headsNumber, "--display-number", "+34 600 000 001", "--team", "Heads",
			"--access-token-file", "-"},
		{"channel", "add", "--no-check", "--workspace", "acme", "--name", "Claims", "--meta-app", metaApp,
			"--phone-number-id", ownNumber, "--display-number", "+34 600 000 002", "--team", "Own",
			"--access-token-file", "-"},
		{"agent", "add", "--workspace", "acme", "--email", "ana@acme.example", "--name", "Ana",
			"--team", "Team", "--team", "Heads", "--team", "Own",
			"--password-file", "-"},
		{"agent", "add", "--workspace", "acme", "--email", "ben@acme.example", "--name", "Ben",
			"--team", "Team", "--team", "Heads", "--team", "Own",
			"--password-file", "-"},
	}
	inputs := []string{
		password,
		appSecret,
		"an-access-token",
		"",
		"",
		"an-access-token",
		"an-access-token",
		password,
		password,
	}
	for i, step := range steps {
		if err := h.admin(inputs[i], step...); err != nil {
			return err
		}
	}
	return nil
}

// start starts the server and waits until it is ready.
func (h *house) start(ctx context.Context) error {
	log, err := os.OpenFile(
		filepath.Join(h.dir, "server.log"),
		os.O_CREATE|os.O_APPEND|os.O_WRONLY,
		0o600,
	)
	if err != nil {
		return err
	}
	defer log.Close()
	h.process = h.command("serve")
	h.process.Stdout, h.process.Stderr = log, log
	if err := h.process.Start(); err != nil {
		return err
	}
	return until(ctx, func() bool {
		answer, err := http.Get(h.url() + "/readyz")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// end ends the server with a signal, and waits for it.
func (h *house) end(signal syscall.Signal) {
	if h.process == nil {
		return
	}
	_ = h.process.Process.Signal(signal)
	_ = h.process.Wait()
	h.process = nil
}

// until asks again every 20 ms.
func until(ctx context.Context, done func() bool) error {
	for !done() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// says plays a customer. Like Meta, it posts again until the server acknowledges.
func (h *house) says(ctx context.Context, phone, text string) error {
	return h.saysTo(ctx, number, phone, text)
}

func (h *house) saysTo(ctx context.Context, number, phone, text string) error {
	id := fmt.Sprintf("wamid.in.%s.%x", phone, sha256.Sum256([]byte(text)))
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{
		map[string]any{
			"id": "1",
			"changes": []any{map[string]any{"field": "messages", "value": map[string]any{
				"messaging_product": "whatsapp",
				"metadata": map[string]string{
					"display_phone_number": "34600000000",
					"phone_number_id":      number,
				},
				"contacts": []any{
					map[string]any{
						"wa_id":   phone,
						"profile": map[string]string{"name": "Customer " + phone},
					},
				},
				"messages": []any{map[string]any{"from": phone, "id": id, "type": "text",
					"timestamp": fmt.Sprint(
						time.Now().Unix(),
					), "text": map[string]string{"body": text}}},
			}}},
		}}})
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(body)
	return until(ctx, func() bool {
		request, err := http.NewRequestWithContext(
			ctx,
			"POST",
			h.url()+"/webhooks/whatsapp/"+metaApp,
			bytes.NewReader(body),
		)
		if err != nil {
			return false
		}
		request.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}
