package below

import (
	"log"
	"os"
	"time"
)

func init() {} // want `no init functions`

type T struct{}

func (T) init() {}

func main() {
	os.Exit(1) // want `os.Exit below main`
}

func f() {
	time.Sleep(0)
	func() {
		log.Fatalf("") // want `log.Fatalf below main`
	}()
	T{}.init()
}
