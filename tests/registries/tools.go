//go:build tools

// Pins crane, the other oracle beside skopeo.
package main

import _ "github.com/google/go-containerregistry/cmd/crane"
