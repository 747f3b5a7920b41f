package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/web/page"
)

const (
	// readHeader ends a client that sends its headers drop by drop.
	readHeader = 10 * time.Second
	// readBody is for a request with its body: a document to be verified over a slow line.
	readBody = 5 * time.Minute
	// writeAnswer is for the answer after the request was read: a list of revoked certificates over a slow line.
	writeAnswer = 5 * time.Minute
	idle        = 2 * time.Minute
	// maxHeader caps the headers and the address: an OCSP question in a path has up to 8 kB.
	maxHeader = 16 << 10
	// shutdown is how long answers that have begun may take to end.
	shutdown = 20 * time.Second
)

type serveCmd struct {
	dataFlags
	unlockFlags
	Listen       string `placeholder:"ADDR" help:"${serve_listen}"`
	StatusListen string `placeholder:"ADDR" help:"${serve_status}"`
	DeskListen   string `placeholder:"ADDR" help:"${serve_desk}"`
	NCANode      string `name:"ncanode" placeholder:"ADDR" help:"${serve_ncanode}"`
	Demo         bool   `help:"${serve_demo}"`
}

// Run serves until it is asked to stop:
//
//  1. reads the configuration;
//  2. with --demo makes what a demo needs, or finishes making it;
//  3. unlocks the hierarchy, which fails when the key of a root lies in the data folder, and reads templates meanwhile;
//  4. brings the store to this program's schema and opens it;
//  5. finishes or abandons the issuances that a stop left open, as far as that can be done;
//  6. publishes the lists that are due;
//  7. binds its ports, says so, and answers;
//  8. works and serves until the signal, then lets answers end, workers stop, and closes the store.
func (c *serveCmd) Run(a *app) error {
	settle := hurry()
	// 1.
	s, err := c.settings(a)
	if err != nil {
		return err
	}
	// 2.
	if c.Demo {
		if err := c.demo(a, &s); err != nil {
			return err
		}
	}
	// 3.
	frame := make(chan framed, 1)
	go func() {
		f, err := newFrame(a, s, c.Demo)
		frame <- framed{f, err}
	}()
	h, err := c.unlock(a, s)
	if err != nil {
		return err
	}
	// 4.
	if from, to, err := sqlite.Migrate(a.ctx, s.store(), a.clock); err != nil {
		return err
	} else if from != to {
		s.log.Info("the store was brought to this program's schema", "from", from, "to", to)
	}
	store, err := a.openStore(s.Config)
	if err != nil {
		return err
	}
	err = c.work(a, s, h, store, frame, settle)
	return errors.Join(err, store.Close())
}

func (c *serveCmd) settings(a *app) (settings, error) {
	if c.NCANode != "" {
		return settings{}, fail.New(fail.Invalid, "cmd.not-built", "what", "--ncanode")
	}
	config, err := c.config(a)
	if err != nil {
		return settings{}, err
	}
	for _, f := range []struct{ flag, value *string }{
		{&c.Listen, &config.Listen}, {&c.StatusListen, &config.StatusListen}, {&c.DeskListen, &config.DeskListen},
	} {
		if *f.flag != "" {
			*f.value = *f.flag
		}
	}
	s, err := config.check(a)
	if err != nil {
		return s, err
	}
	// A busy port is told before anything is made, and a port left to the system is chosen once.
	for _, addr := range []*string{&s.Listen, &s.StatusListen, &s.DeskListen} {
		if *addr == "" {
			continue
		}
		l, err := net.Listen("tcp", *addr)
		if err != nil {
			return s, fail.Wrap(fail.Unavailable, "serve.listen", err, "address", *addr)
		}
		*addr = l.Addr().String()
		if err := l.Close(); err != nil {
			return s, fail.Wrap(fail.Unavailable, "serve.listen", err, "address", *addr)
		}
	}
	s.addresses()
	return s, nil
}

func (c *serveCmd) unlock(a *app, s settings) (*ca.Hierarchy, error) {
	config, err := ca.ReadConfig(s.Data)
	if err != nil {
		return nil, err
	}
	if config.Demo && !c.Demo {
		return nil, fail.New(fail.Forbidden, "serve.is-demo", "data", s.Data)
	}
	secret, err := c.secret(a, s.Config, config.Demo)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	return ca.Open(s.Data, secret)
}

// framed is how the making of a frame ended.
type framed struct {
	*frame
	err error
}

// work is steps 5 to 8.
func (c *serveCmd) work(a *app, s settings, h *ca.Hierarchy, store *sqlite.Store, frame <-chan framed, settle func()) error {
	o, err := a.assemble(s.Config, h, store, s.log, s.crlEvery)
	if err != nil {
		return err
	}
	// 5. What cannot go on now, for the clock stands behind or an authority is away, is a job that the workers try again. Nothing
	// of it keeps verification and status from being served, here or in the next step, and health says why.
	if err := o.Resume(a.ctx); err != nil {
		s.log.Error("issuances that a stop left open can't be finished yet", "err", err)
	}
	// 6.
	if err := o.Publisher().Work(a.ctx); err != nil {
		s.log.Error("lists can't be published", "err", err)
	}
	f := <-frame
	if f.err != nil {
		return f.err
	}
	site, err := newSite(a, s, o, f.frame)
	if err != nil {
		return err
	}
	defer site.Close()
	// 7.
	faces, err := c.bind(s, site)
	if err != nil {
		return err
	}
	if !page.Built() {
		a.Say("serve.no-wasm")
	}
	for _, f := range faces {
		fmt.Fprintf(a.Err, "listening on %s\n", f.url)
	}
	if c.Demo {
		a.sayDemo(s)
	}
	// 8.
	settle()
	working, stopWork := context.WithCancel(context.WithoutCancel(a.ctx))
	var workers sync.WaitGroup
	workers.Go(func() {
		if err := o.Run(working); err != nil {
			s.log.Error("the workers have stopped", "err", err)
		}
	})
	err = serveFaces(a.ctx, s.log, faces)
	stopWork()
	workers.Wait()
	return err
}

// A face is one listener with what it serves.
type face struct {
	url      string
	listener net.Listener
	server   *http.Server
}

func (c *serveCmd) bind(s settings, site *site) ([]face, error) {
	var config *tls.Config
	if s.TLSCertificate != "" {
		pair, err := tls.LoadX509KeyPair(s.TLSCertificate, s.TLSKey)
		if err != nil {
			return nil, fail.Wrap(fail.Invalid, "serve.tls", err, "file", s.TLSCertificate)
		}
		config = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	}
	var faces []face
	add := func(addr string, handler http.Handler, config *tls.Config) error {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			for _, f := range faces {
				f.listener.Close()
			}
			return fail.Wrap(fail.Unavailable, "serve.listen", err, "address", addr)
		}
		url := "http://" + reachable(l.Addr().String())
		if config != nil {
			l, url = tls.NewListener(l, config), "https://"+reachable(l.Addr().String())
		}
		faces = append(faces, face{url, l, &http.Server{
			Handler: handler, ReadHeaderTimeout: readHeader, ReadTimeout: readBody, WriteTimeout: readBody + writeAnswer, IdleTimeout: idle,
			MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), TLSConfig: config,
		}})
		return nil
	}
	if err := add(s.Listen, site.pages(s), config); err != nil {
		return nil, err
	}
	if s.StatusListen != "" {
		if err := add(s.StatusListen, site.status, nil); err != nil {
			return nil, err
		}
	}
	if s.DeskListen != "" {
		if err := add(s.DeskListen, site.deskAlone(), config); err != nil {
			return nil, err
		}
	}
	return faces, nil
}

// serveFaces answers until ctx ends or a face fails, then lets what has begun end.
func serveFaces(ctx context.Context, log *slog.Logger, faces []face) error {
	failed := make(chan error, len(faces))
	for _, f := range faces {
		go func() { failed <- f.server.Serve(f.listener) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdown)
	defer cancel()
	for _, f := range faces {
		if e := f.server.Shutdown(ending); e != nil {
			log.Warn("answers were broken off", "err", e)
			f.server.Close()
		}
	}
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fail.Wrap(fail.Unavailable, "serve.failed", err)
	}
	return nil
}
