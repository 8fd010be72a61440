package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"

	"baton/stranger/client"
)

// demo is what `baton demo --json` prints.
type demo struct {
	ServerURL    string  `json:"server_url"`
	SimulatorURL string  `json:"simulator_url"`
	Logins       []login `json:"logins"`
}

type login struct {
	Workspace string `json:"workspace"`
	Name      string `json:"name"`
	Email     string `json:"email"`
	Password  string `json:"password"`
}

// says lets a customer of the simulated WhatsApp write.
func (d *demo) says(phone, text string) error {
	body, err := json.Marshal(map[string]any{
		"from": map[string]string{"wa_id": phone, "name": "Lucía"}, "text": text,
	})
	if err != nil {
		return err
	}
	answer, err := http.Post(
		d.SimulatorURL+"/control/messages", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the simulator answers %d", answer.StatusCode)
	}
	return nil
}

// inDemo plays with a server and a simulated WhatsApp that it starts: a reply is delivered.
func inDemo(ctx context.Context, s *stage) error {
	process := exec.Command(s.house.program, "demo", "--json", "--bind", "127.0.0.1:0")
	out, err := process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := process.Start(); err != nil {
		return err
	}
	defer func() {
		_ = process.Process.Signal(syscall.SIGTERM)
		_ = process.Wait()
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		return err
	}
	var d demo
	if err := json.Unmarshal(line, &d); err != nil {
		return err
	}
	ana, err := d.enter(ctx, filepath.Join(s.dir, "demo"))
	if err != nil {
		return err
	}
	defer ana.die()
	if err := d.says(lucia, "¿Abren hoy?"); err != nil {
		return err
	}
	id, err := ana.conversation(ctx, lucia)
	if err != nil {
		return err
	}
	if err := ana.shows(ctx, id, "¿Abren hoy?"); err != nil {
		return err
	}
	reply := client.Command{
		ConversationID: id, Type: "reply", Text: "Hasta las ocho", Seen: ana.seen(id),
	}
	if err := ana.isAccepted(ctx, reply); err != nil {
		return err
	}
	if err := ana.reaches(ctx, id, reply.Text, "delivered"); err != nil {
		return err
	}
	return ana.holdsWhatAFreshReaderReads(ctx)
}

// enter signs the demo's Ana in.
func (d *demo) enter(ctx context.Context, dir string) (*actor, error) {
	at := slices.IndexFunc(d.Logins, func(one login) bool { return one.Name == "Ana" })
	if at < 0 {
		return nil, fmt.Errorf("the demo has no Ana")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	opened, err := client.Open(dir, d.ServerURL)
	if err != nil {
		return nil, err
	}
	ana, as := &actor{Client: opened, dir: dir}, d.Logins[at]
	if err := ana.SignIn(ctx, as.Workspace, as.Email, as.Password); err != nil {
		return nil, err
	}
	ana.run()
	return ana, ana.WaitLive(ctx)
}
