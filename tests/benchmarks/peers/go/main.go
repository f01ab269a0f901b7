// The worker pool that this project's design comes from, in Go: jobs channel -> N workers -> results channel -> writer.
//
//	pool URLS OUTPUT WORKERS
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/andybalholm/cascadia"
)

type record struct {
	URL         string   `json:"url"`
	Status      int      `json:"status"`
	Error       string   `json:"error,omitempty"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Links       []string `json:"links"`
}

var (
	title       = cascadia.MustCompile("title")
	description = cascadia.MustCompile(`head meta[name="description"]`)
	anchors     = cascadia.MustCompile("a[href]")
)

func main() {
	workers, err := strconv.Atoi(os.Args[3])
	check(err)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 2 * workers
	transport.MaxIdleConnsPerHost = workers
	client := &http.Client{Transport: transport, Timeout: 45 * time.Second}

	jobs := make(chan string, 2*workers)
	results := make(chan record, 2*workers)
	go produce(os.Args[1], jobs)
	var pool sync.WaitGroup
	for i := 0; i < workers; i++ {
		pool.Add(1)
		go func() {
			defer pool.Done()
			for job := range jobs {
				results <- scrape(client, job)
			}
		}()
	}
	go func() {
		pool.Wait()
		close(results)
	}()
	write(os.Args[2], results)
}

func produce(path string, jobs chan<- string) {
	defer close(jobs)
	file, err := os.Open(path)
	check(err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		jobs <- lines.Text()
	}
	check(lines.Err())
}

func scrape(client *http.Client, address string) record {
	found := record{URL: address, Links: []string{}}
	response, err := client.Get(address)
	if err != nil {
		found.Error = err.Error()
		return found
	}
	defer response.Body.Close()
	found.Status = response.StatusCode
	document, err := goquery.NewDocumentFromReader(response.Body)
	if err != nil {
		found.Error = err.Error()
		return found
	}
	found.Title = collapsed(first(document, title).Text())
	found.Description = collapsed(first(document, description).AttrOr("content", ""))
	found.Links = links(document, response.Request.URL)
	return found
}

// first stops at the first match, where goquery's Find walks the whole page.
func first(document *goquery.Document, selector cascadia.Selector) *goquery.Selection {
	if node := selector.MatchFirst(document.Nodes[0]); node != nil {
		return goquery.NewDocumentFromNode(node).Selection
	}
	return &goquery.Selection{}
}

func links(document *goquery.Document, base *url.URL) []string {
	found := []string{}
	seen := map[string]struct{}{}
	document.FindMatcher(anchors).Each(func(_ int, anchor *goquery.Selection) {
		reference, err := url.Parse(strings.TrimSpace(anchor.AttrOr("href", "")))
		if err != nil {
			return
		}
		link := base.ResolveReference(reference)
		if link.Scheme != "http" && link.Scheme != "https" {
			return
		}
		text := link.String()
		if _, known := seen[text]; !known {
			seen[text] = struct{}{}
			found = append(found, text)
		}
	})
	return found
}

func collapsed(text string) string {
	return strings.Join(strings.Fields(text), " ")
}

func write(path string, results <-chan record) {
	file, err := os.Create(path)
	check(err)
	buffer := bufio.NewWriterSize(file, 64*1024)
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false)
	for found := range results {
		check(encoder.Encode(found))
	}
	check(buffer.Flush())
	check(file.Close())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
