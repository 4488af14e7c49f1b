//go:build system && linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// recorded is a program for scripts: it runs a command, and prints where that tried to go outside of this machine,
// which is nowhere: the names that were asked for and the addresses that packets were for. It makes a network namespace
// for it, which takes root or a system that lets users make such.
func recorded() {
	namespace := []string{"--net"}
	if os.Geteuid() != 0 {
		namespace = append(namespace, "--map-root-user")
	}
	cmd := exec.Command("unshare", slices.Concat(namespace, []string{"recorded-here"}, os.Args[1:])...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		fmt.Fprintf(os.Stderr, "recorded: %v\n", err)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}

// recordedHere is recorded in the namespace. All addresses of the world lead to its loopback interface, where nothing
// listens but a name server: clients fail at once, rather than to wait for an answer.
func recordedHere() {
	status, left, err := record(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "recorded: %v\n", err)
		os.Exit(1)
	}
	for _, to := range left {
		fmt.Println("left:", to)
	}
	os.Exit(status)
}

func record(command []string) (status int, left []string, err error) {
	for _, setUp := range []string{
		"link set lo up", "route add local default dev lo", "-6 route add local default dev lo",
	} {
		if out, err := exec.Command("ip", strings.Fields(setUp)...).CombinedOutput(); err != nil {
			return 0, nil, fmt.Errorf("ip %s: %w: %s", setUp, err, out)
		}
	}
	r := &recorder{left: map[string]bool{}, seen: make(chan struct{})}
	packets, err := outsidePackets()
	if err != nil {
		return 0, nil, err
	}
	names, err := net.ListenPacket("udp", "[::]:53") // whichever name server the system is set up with
	if err != nil {
		return 0, nil, err
	}
	go r.answerNames(names)
	go r.readPackets(packets)

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		status, err = exit.ExitCode(), nil
	}
	if err != nil {
		return 0, nil, err
	}
	// Packets are read in the order in which they were sent.
	last, err := net.Dial("udp", lastPacket.String())
	if err == nil {
		_, err = last.Write([]byte("that was all"))
	}
	if err != nil {
		return 0, nil, err
	}
	<-r.seen
	r.mu.Lock()
	defer r.mu.Unlock()
	return status, slices.Sorted(maps.Keys(r.left)), nil
}

// The addresses, of those that are for documentation, of whatever has a name, and of the packet that ends a record.
var (
	everyName  = netip.MustParseAddr("192.0.2.1")
	lastPacket = netip.MustParseAddrPort("192.0.2.255:9")
)

type recorder struct {
	mu   sync.Mutex
	left map[string]bool
	seen chan struct{} // closed with the packet that ends the record
}

func (r *recorder) add(to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left[to] = true
}

// outsidePackets opens a socket on which each packet is read that is not for the loopback addresses.
func outsidePackets() (int, error) {
	everything := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL))
	socket, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(everything))
	if err != nil {
		return 0, fmt.Errorf("open a socket for packets: %w", err)
	}
	// The others are many, and would be lost when the socket is full. In the words of tcpdump:
	// ip and dst net not 127, or ip6 and dst host not ::1.
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 0},                  // version
		{Code: unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K, K: 4},                 //
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 4, Jt: 0, Jf: 3},   // IPv4:
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 16},                 // begin of the destination
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 127, Jt: 8, Jf: 0}, //
		{Code: unix.BPF_RET | unix.BPF_K, K: 128},                              //
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 24},                 // IPv6: destination
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 0, Jt: 0, Jf: 4},   //
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 28},                 //
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 0, Jt: 0, Jf: 2},   //
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 36},                 //
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 1, Jt: 1, Jf: 0},   //
		{Code: unix.BPF_RET | unix.BPF_K, K: 128},                              //
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},                                //
	}
	return socket, unix.SetsockoptSockFprog(socket, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
}

// readPackets records what packets are for that begin something: the first of each TCP connection, and each of UDP.
func (r *recorder) readPackets(socket int) {
	buffer := make([]byte, 128)
	for {
		n, _, err := unix.Recvfrom(socket, buffer, 0)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			panic(err)
		}
		protocol, to, payload, ok := parsePacket(buffer[:n])
		switch {
		case !ok:
		case to == lastPacket:
			close(r.seen)
			return
		case protocol == unix.IPPROTO_TCP && payload[13]&0x12 == 0x02: // SYN without ACK
			r.add("tcp " + to.String())
		case protocol == unix.IPPROTO_UDP && to.Port() != 53 && binary.BigEndian.Uint16(payload) != 53:
			// names have a record of their own
			r.add("udp " + to.String())
		}
	}
}

// parsePacket returns the protocol of an IP packet, what it is for, and what it carries, if that is TCP or UDP.
func parsePacket(packet []byte) (protocol byte, to netip.AddrPort, payload []byte, ok bool) {
	var address netip.Addr
	switch {
	case len(packet) >= 20 && packet[0]>>4 == 4:
		protocol = packet[9]
		address, _ = netip.AddrFromSlice(packet[16:20])
		payload = packet[min(int(packet[0]&15)*4, len(packet)):]
	case len(packet) >= 40 && packet[0]>>4 == 6:
		protocol = packet[6]
		address, _ = netip.AddrFromSlice(packet[24:40])
		payload = packet[40:]
	}
	if protocol == unix.IPPROTO_TCP && len(payload) >= 20 || protocol == unix.IPPROTO_UDP && len(payload) >= 8 {
		return protocol, netip.AddrPortFrom(address, binary.BigEndian.Uint16(payload[2:])), payload, true
	}
	return 0, netip.AddrPort{}, nil, false
}

// answerNames records the names that are asked for. Each has the same address.
func (r *recorder) answerNames(names net.PacketConn) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := names.ReadFrom(buffer)
		if err != nil {
			panic(err)
		}
		name, answer, ok := answerName(buffer[:n])
		if !ok {
			continue
		}
		r.add("name " + name)
		_, _ = names.WriteTo(answer, from) // who asks has gone
	}
}

// answerName reads a question for a name, see RFC 1035 section 4.1, and answers it.
func answerName(query []byte) (name string, answer []byte, ok bool) {
	const header = 12
	end := header
	var labels []string
	for end < len(query) && query[end] != 0 {
		next := end + 1 + int(query[end])
		if next > len(query) {
			return "", nil, false
		}
		labels = append(labels, string(query[end+1:next]))
		end = next
	}
	end += 5 // the root, type and class
	if end > len(query) {
		return "", nil, false
	}
	const hasIPv4, in = 1, 1
	wanted := binary.BigEndian.Uint16(query[end-4:])
	answer = slices.Concat(query[:2], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[header:end])
	if wanted == hasIPv4 {
		answer[7] = 1
		answer = append(answer, 0xc0, header, 0, hasIPv4, 0, in, 0, 0, 0, 60, 0, 4)
		answer = append(answer, everyName.AsSlice()...)
	}
	return strings.Join(labels, "."), answer, true
}
