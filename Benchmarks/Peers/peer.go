// Go's net/http, for the tables: load, latency of one request after another, and new TLS connections.
//
//	peer load|load1 URL REQUESTS CONCURRENCY
//	peer latency URL REQUESTS
//	peer connect URL CONNECTIONS
//	peer download URL
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"time"
)

func cpu() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(0, &usage)
	seconds := usage.Utime.Sec + usage.Stime.Sec
	return float64(seconds) + float64(usage.Utime.Usec+usage.Stime.Usec)*1e-6
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	mode, url := os.Args[1], os.Args[2]
	pool := x509.NewCertPool()
	if pem, err := os.ReadFile(os.Getenv("CA")); err == nil {
		pool.AppendCertsFromPEM(pem)
	}
	concurrency := 1
	if len(os.Args) > 4 {
		concurrency = number(os.Args[4])
	}
	transport := &http.Transport{
		TLSClientConfig:    &tls.Config{RootCAs: pool, ClientSessionCache: tls.NewLRUClientSessionCache(64)},
		ForceAttemptHTTP2:  mode != "load1",
		MaxConnsPerHost:    concurrency,
		MaxIdleConnsPerHost: concurrency,
		DisableCompression: true,
		DisableKeepAlives:  mode == "connect",
	}
	if mode == "load1" {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	client := &http.Client{Transport: transport}
	one := func() int64 {
		response, err := client.Get(url)
		if err != nil {
			panic(err)
		}
		count, err := io.Copy(io.Discard, response.Body)
		if err != nil {
			panic(err)
		}
		response.Body.Close()
		return count
	}
	if mode == "download" {
		before, start := cpu(), time.Now()
		count := one()
		fmt.Printf("go download bytes=%d cpu=%.3f wall=%.3f\n", count, cpu()-before, time.Since(start).Seconds())
		return
	}
	requests := number(os.Args[3])
	one()
	before, start := cpu(), time.Now()
	if mode == "latency" {
		times := make([]float64, requests)
		for i := range times {
			began := time.Now()
			one()
			times[i] = float64(time.Since(began).Nanoseconds()) / 1e3
		}
		sort.Float64s(times)
		fmt.Printf("go latency n=%d p50_us=%.1f p99_us=%.1f\n", requests, times[requests/2], times[requests*99/100])
		return
	}
	var group sync.WaitGroup
	for i := 0; i < concurrency; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < requests/concurrency; j++ {
				one()
			}
		}()
	}
	group.Wait()
	took := time.Since(start).Seconds()
	fmt.Printf("go %s n=%d wall=%.3f rps=%.0f cpu_us/req=%.2f\n", mode, requests, took, float64(requests)/took,
		(cpu()-before)/float64(requests)*1e6)
}
