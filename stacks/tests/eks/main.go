// An authentication webhook for an API server with aws-iam-authenticator's verifier, the code that EKS runs.
// The verifier sends the presigned request to STS, which is faked here. The fake computes the signature again with AWS'
// Go SDK, from the request and the secret.
//
//	go run . -cluster NAME -listen 127.0.0.1:0 -cert FILE -key FILE
//
// It prints the address it listens on, and then one line for each reviewed token.
package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"sigs.k8s.io/aws-iam-authenticator/pkg/token"
)

const (
	region = "eu-central-1"
	issuer = "arn:aws:sts::111122223333:assumed-role/warm-pods-production-"
)

// The credentials of each Lambda's role, by access key.
var credentials = map[string]aws.Credentials{
	"ASIAAPI":    {AccessKeyID: "ASIAAPI", SecretAccessKey: "the-role's-secret", SessionToken: "a+session/token=="},
	"ASIAREFILL": {AccessKeyID: "ASIAREFILL", SecretAccessKey: "another-role's-secret", SessionToken: "a+session/token=="},
}

// The role's ARN for each access key.
var arns = map[string]string{"ASIAAPI": issuer + "ApiRole/Api", "ASIAREFILL": issuer + "RefillRole/Refill"}

// The Kubernetes group of each role, as in the access entries (stacks/index.ts).
var groups = map[string]string{
	arns["ASIAAPI"]: "warm-pods:api", arns["ASIAREFILL"]: "warm-pods:refill",
}

func main() {
	cluster := flag.String("cluster", "", "the cluster's name")
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	cert := flag.String("cert", "", "certificate; plain HTTP without one")
	key := flag.String("key", "", "its key")
	flag.Parse()
	// The verifier calls STS through the default transport, so this fake replaces it.
	http.DefaultTransport = sts{}
	verifier := token.NewVerifier(*cluster, "aws", region)
	if err := serve(*listen, *cert, *key, review(verifier)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(address, cert, key string, handler http.Handler) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return err
		}
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}})
	}
	fmt.Println(listener.Addr())
	return http.Serve(listener, handler)
}

type status struct {
	Authenticated bool   `json:"authenticated"`
	User          *user  `json:"user,omitempty"`
	Error         string `json:"error,omitempty"`
}
type user struct {
	Username string   `json:"username"`
	Groups   []string `json:"groups"`
}

// review answers a TokenReview with the groups of the EKS access entries.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
func review(verifier token.Verifier) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Spec struct {
				Token string `json:"token"`
			} `json:"spec"`
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		identity, err := verifier.Verify(asked.Spec.Token)
		answer := status{}
		if err != nil {
			answer.Error = err.Error()
		} else {
			answer = status{Authenticated: true, User: &user{Username: identity.ARN, Groups: []string{groups[identity.ARN]}}}
		}
		fmt.Printf("authenticated=%t %s\n", answer.Authenticated, answer.Error)
		json.NewEncoder(w).Encode(map[string]any{
			"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": answer,
		})
	})
}

// sts fakes GetCallerIdentity of AWS STS.
type sts struct{}

func (sts) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := checkSignature(r); err != nil {
		return respond(http.StatusForbidden, fmt.Sprintf(`{"Error":{"Code":"SignatureDoesNotMatch","Message":%q}}`, err))
	}
	return respond(http.StatusOK, fmt.Sprintf(`{"GetCallerIdentityResponse":{"GetCallerIdentityResult":`+
		`{"Account":"111122223333","Arn":%q,"UserId":"AROAEXAMPLE:Function"}}}`, arns[accessKey(r)]))
}

func respond(code int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: code, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}}, nil
}

// accessKey returns the access key with which a request was signed.
func accessKey(r *http.Request) string {
	key, _, _ := strings.Cut(r.URL.Query().Get("X-Amz-Credential"), "/")
	return key
}

func checkSignature(r *http.Request) error {
	query := r.URL.Query()
	given := query.Get("X-Amz-Signature")
	signedAt, err := time.Parse("20060102T150405Z", query.Get("X-Amz-Date"))
	if err != nil {
		return err
	}
	if since := time.Since(signedAt); since < -5*time.Minute || since > 15*time.Minute {
		return errors.New("the request has expired")
	}
	for _, name := range []string{
		"X-Amz-Signature", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Security-Token",
	} {
		query.Del(name)
	}
	again, err := http.NewRequest(r.Method, "https://"+r.URL.Host+"/?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	again.Header.Set("x-k8s-aws-id", r.Header.Get("x-k8s-aws-id"))
	empty := sha256.Sum256(nil)
	url, _, err := v4.NewSigner().PresignHTTP(
		context.Background(), credentials[accessKey(r)], again, hex.EncodeToString(empty[:]), "sts", region, signedAt)
	if err != nil {
		return err
	}
	wanted := url[strings.Index(url, "X-Amz-Signature=")+len("X-Amz-Signature="):]
	if subtle.ConstantTimeCompare([]byte(given), []byte(wanted)) != 1 {
		return errors.New("the signature does not match")
	}
	return nil
}
