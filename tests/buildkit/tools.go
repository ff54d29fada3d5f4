//go:build tools

// Pins BuildKit: its daemon and the client that builds are handed to.
package main

import (
	_ "github.com/moby/buildkit/cmd/buildctl"
	_ "github.com/moby/buildkit/cmd/buildkitd"
)
