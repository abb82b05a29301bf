package main

import "wadah/handlers"

// limitFlags say how much one client may use up. The defaults are those of
// handlers.DefaultLimits; a test holds them against each other.
type limitFlags struct {
	KeyRate            int   `help:"API requests a second that one key may make in the long run; 0 for any number." default:"200" placeholder:"N"`
	KeyBurst           int   `help:"API requests that one key may make at once after a pause." default:"1000" placeholder:"N"`
	AddressRate        int   `help:"Requests a second of one client address in the long run; 0 for any number. Behind a reverse proxy set --trusted-proxies, or all clients count as one." default:"1000" placeholder:"N"`
	AddressBurst       int   `help:"Requests of one client address at once after a pause." default:"5000" placeholder:"N"`
	KeyStreams         int   `help:"Event streams that one key or scan link may have open; 0 for any number." default:"10" placeholder:"N"`
	LoginStreams       int   `help:"Live pages that one login may have open; 0 for any number." default:"30" placeholder:"N"`
	Connections        int   `help:"Connections to panel and API that may be open; 0 for as many as the limit of open files allows. Those that only wait give way to new ones." default:"10000" placeholder:"N"`
	AddressConnections int   `help:"Connections that one client address may have open, other than this machine and trusted proxies; 0 for any number." default:"500" placeholder:"N"`
	MaxDevices         int   `help:"Devices that may exist before the panel and the system API refuse to add one; 0 for any number." default:"1000" placeholder:"N"`
	MaxBody            int64 `help:"Bytes that the body of a request may have." default:"65536" placeholder:"BYTES"`
}

// limits checks the flags.
func (f limitFlags) limits() (*handlers.Limits, error) {
	for name, n := range map[string]int{
		"key-rate": f.KeyRate, "key-burst": f.KeyBurst, "address-rate": f.AddressRate, "address-burst": f.AddressBurst,
		"connections": f.Connections, "address-connections": f.AddressConnections,
		"key-streams": f.KeyStreams, "login-streams": f.LoginStreams, "max-devices": f.MaxDevices,
	} {
		if n < 0 || n > 1_000_000 {
			return nil, usagef("--%s: %d is not a number from 0 to 1000000", name, n)
		}
	}
	if f.MaxBody < 1024 || f.MaxBody > 64<<20 {
		return nil, usagef("--max-body: %d is not a number of bytes from 1024 to 67108864", f.MaxBody)
	}
	return &handlers.Limits{
		KeyRate: f.KeyRate, KeyBurst: f.KeyBurst, AddressRate: f.AddressRate, AddressBurst: f.AddressBurst,
		KeyStreams: f.KeyStreams, LoginStreams: f.LoginStreams,
		Connections: f.Connections, AddressConnections: f.AddressConnections, Devices: f.MaxDevices, Body: f.MaxBody,
	}, nil
}
