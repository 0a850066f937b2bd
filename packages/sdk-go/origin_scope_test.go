package ameide

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"testing"
)

// TLS is below what a case sees.
func TestATransportForAnotherOriginStatesItsCertificateAnew(t *testing.T) {
	certificate := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{{1}}}}}
	source := func(context.Context) (*tls.Config, error) { return certificate, nil }
	ask := &tls.Config{GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return nil, nil }}
	const other = "https://other.test"
	for name, identity := range map[string]Option{
		"a certificate": WithTLS(certificate), "a function for it": WithTLS(ask), "a source": WithTLSSource(source),
	} {
		parent := configOf(t, identity)
		_, err := derivedConfig(parent, WithBaseURL(other))
		if fault := new(Error); !errors.As(err, &fault) || len(fault.FieldViolations) != 1 || fault.FieldViolations[0].Field != "tls" {
			t.Errorf("%s: %v", name, err)
		}
		for _, changes := range [][]Option{
			{WithBaseURL(other), WithTLS(new(tls.Config))}, {WithBaseURL(other), WithTLS(certificate)},
			{WithBaseURL(other), WithTLSSource(source)}, {WithBaseURL("https://api.test/v2")},
		} {
			if _, err := derivedConfig(parent, changes...); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	authorities := configOf(t, WithTLS(&tls.Config{RootCAs: x509.NewCertPool()}))
	if _, err := derivedConfig(authorities, WithBaseURL(other)); err != nil {
		t.Errorf("authorities that are trusted are no secret: %v", err)
	}
}
