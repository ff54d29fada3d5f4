//go:build tools

// Pins BuildKit: its daemon and the clients that builds are handed to. Docker's is in the same
// module, so that what they share is compiled once.
package main

import (
	_ "github.com/docker/buildx/cmd/buildx"
	_ "github.com/moby/buildkit/cmd/buildctl"
	_ "github.com/moby/buildkit/cmd/buildkitd"
)
