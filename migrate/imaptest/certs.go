package imaptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Certificates are a private authority and certificates good and bad.
type Certificates struct {
	// CAFile is a PEM file with the authority, Pool holds the same.
	CAFile string
	Pool   *x509.CertPool
	// Server is valid for localhost, 127.0.0.1 and ::1.
	Server tls.Certificate
	// WrongHost is signed by the authority for another host, Expired was valid
	// until yesterday, SelfSigned is signed by no authority at all.
	WrongHost, Expired, SelfSigned tls.Certificate
}

// Certs returns the certificates of this process, the ones that the servers
// use. CAFile lies in the test's temporary directory.
func Certs(tb testing.TB) *Certificates {
	tb.Helper()
	made, err := certificates()
	if err != nil {
		tb.Fatalf("make certificates: %v", err)
	}
	out := made.Certificates
	out.CAFile = filepath.Join(tb.TempDir(), "ca.pem")
	if err := os.WriteFile(out.CAFile, made.caPEM, 0o644); err != nil {
		tb.Fatal(err)
	}
	return &out
}

// certificateSet is what Certs hands out and the servers are given as files.
type certificateSet struct {
	Certificates
	caPEM []byte
}

// certificates makes the certificates once a process: the authority must be
// the same for all its servers.
var certificates = sync.OnceValues(makeCertificates)

func makeCertificates() (*certificateSet, error) {
	now := time.Now()
	ca, err := sign(&x509.Certificate{
		Subject:               pkix.Name{CommonName: "imaptest authority"},
		NotBefore:             now.Add(-48 * time.Hour),
		NotAfter:              now.Add(30 * 24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}, nil)
	if err != nil {
		return nil, err
	}
	set := &certificateSet{caPEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate[0]})}
	set.Pool = x509.NewCertPool()
	set.Pool.AddCert(ca.Leaf)
	local := []string{"localhost"}
	for _, c := range []struct {
		out   *tls.Certificate
		hosts []string
		until time.Time
		ca    *tls.Certificate
	}{
		{&set.Server, local, now.Add(24 * time.Hour), &ca},
		{&set.WrongHost, []string{"other.example"}, now.Add(24 * time.Hour), &ca},
		{&set.Expired, local, now.Add(-24 * time.Hour), &ca},
		{&set.SelfSigned, local, now.Add(24 * time.Hour), nil},
	} {
		leaf := &x509.Certificate{
			Subject:     pkix.Name{CommonName: c.hosts[0]},
			NotBefore:   now.Add(-48 * time.Hour),
			NotAfter:    c.until,
			DNSNames:    c.hosts,
			KeyUsage:    x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		leaf.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)} // of documentation (RFC 5737)
		if c.hosts[0] == "localhost" {
			leaf.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
		}
		if *c.out, err = sign(leaf, c.ca); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// sign makes a key and a certificate for it, signed by ca or, when that is nil,
// by itself.
func sign(template *x509.Certificate, ca *tls.Certificate) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return tls.Certificate{}, err
	}
	parent, signer := template, any(key)
	if ca != nil {
		parent, signer = ca.Leaf, ca.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("sign certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// writeCertificates puts ca.pem, server.pem (key and certificate) into dir. The
// key is for tests only and readable by the servers' users.
func writeCertificates(dir string) error {
	set, err := certificates()
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(set.Server.PrivateKey)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	both := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	both = append(both, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: set.Server.Certificate[0]})...)
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), set.caPEM, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "server.pem"), both, 0o644)
}
