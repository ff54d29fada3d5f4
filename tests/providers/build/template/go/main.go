// A server without net/http, so that little of the standard library has to be built.
package main

import (
	"fmt"
	"net"
	"os"
	"time"

	"example.org/words"
)

func main() {
	if _, err := time.LoadLocation("Europe/Berlin"); err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", ":"+os.Getenv("PORT"))
	if err != nil {
		panic(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		connection.Read(make([]byte, 4096))
		fmt.Fprintf(connection, "HTTP/1.0 200 OK\r\n\r\n%s", words.Said)
		connection.Close()
	}
}
