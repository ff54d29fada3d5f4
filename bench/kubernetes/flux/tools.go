//go:build tools

// Package flux names the program that bench/kubernetes builds as a peer, so that
// `go mod tidy` keeps what it needs in go.mod and go.sum.
package flux

import _ "github.com/fluxcd/kustomize-controller"
