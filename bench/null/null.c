/*
 * A Stratum V1 server that does no work: the floor of the machine. It answers subscribe, authorize and configure, sends a
 * realistic job, and says true to every mining.submit without looking at it. What it uses is what the sockets cost; what a pool uses
 * beyond that is the pool's own. One thread, epoll, one receive and at most one send per turn of a connection.
 *
 *   viddhana-null [PORT]     0 or nothing: a free port
 *
 * The first line of output is "PORT CONTROL". Any HTTP request to the control port sends a new clean job to every connection. Both
 * listen on the loopback address only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { RECEIVE_MAX = 65536, LINE_MAX_BYTES = 2048, EVENTS_MAX = 512, BRANCHES = 12, JOB_MAX = 4096 };

struct link {
	int fd;
	unsigned slot;      /* place in the list of all */
	unsigned held_size; /* bytes of a line whose end has not come yet */
	char *held;
	int has_job; /* authorized: gets new jobs */
};

static struct link **links;
static unsigned link_count, link_room;
static char job[JOB_MAX];
static unsigned job_size, job_number, session_number;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void make_job(void)
{
	char branches[BRANCHES * 68] = "";
	unsigned size = 0;

	job_number++;
	for (int i = 0; i < BRANCHES; i++)
		size += (unsigned)sprintf(branches + size, "%s\"%016llx%048x\"", i ? "," : "", 0x9e3779b97f4a7c15ULL * (unsigned)(i + 1), i);
	job_size = (unsigned)snprintf(job, sizeof job,
		"{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"%08x\",\"%064x\","
		"\"02000000010000000000000000000000000000000000000000000000000000000000000000ffffffff300340420f0004%08x\","
		"\"0b2f76696464686e612f00ffffffff0200f2052a01000000160014000102030405060708090a0b0c0d0e0f10111213"
		"0000000000000000266a24aa21a9ed%064x00000000\",[%s],\"20000000\",\"17034219\",\"%08x\",true]}\n",
		job_number, job_number, job_number, job_number, branches, (unsigned)time(NULL));
}

static void watch(int epoll, int fd, void *what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

static int listen_on(unsigned short port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096))
		die("listen");
	return fd;
}

static unsigned short port_of(int fd)
{
	struct sockaddr_in at;
	socklen_t size = sizeof at;

	if (getsockname(fd, (struct sockaddr *)&at, &size))
		die("getsockname");
	return ntohs(at.sin_port);
}

static void accept_all(int epoll, int listener)
{
	int fd, on = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct link *link = calloc(1, sizeof *link);

		if (link_count == link_room) {
			link_room = link_room * 2 + 64;
			links = realloc(links, link_room * sizeof *links);
		}
		if (!link || !links)
			die("memory");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		link->fd = fd;
		link->slot = link_count;
		links[link_count++] = link;
		watch(epoll, fd, link);
	}
}

static void drop(struct link *link)
{
	close(link->fd);
	links[link->slot] = links[--link_count];
	links[link->slot]->slot = link->slot;
	free(link->held);
	free(link);
}

/* A line in, its answer at out; returns the end of the answer. */
static char *answer(struct link *link, const char *line, const char *end, char *out)
{
	const char *id = memmem(line, (size_t)(end - line), "\"id\":", 5), *method = memmem(line, (size_t)(end - line), "\"mining.", 8);
	int digits = 0;

	if (!id || !method)
		return out;
	for (id += 5; *id == ' '; id++)
		;
	while (id[digits] >= '0' && id[digits] <= '9')
		digits++;
	if (!memcmp(method, "\"mining.submit\"", 15)) {
		memcpy(out, "{\"id\":", 6);
		memcpy(out + 6, id, (size_t)digits);
		memcpy(out + 6 + digits, ",\"result\":true,\"error\":null}\n", 29);
		return out + 35 + digits;
	}
	if (!memcmp(method, "\"mining.subscribe\"", 18))
		return out + sprintf(out, "{\"id\":%.*s,\"result\":[[[\"mining.notify\",\"1\"]],\"%08x\",8],\"error\":null}\n", digits, id,
				     ++session_number);
	if (!memcmp(method, "\"mining.configure\"", 18))
		return out + sprintf(out, "{\"id\":%.*s,\"result\":{\"version-rolling\":true,\"version-rolling.mask\":\"1fffe000\"},\"error\":null}\n",
				     digits, id);
	out += sprintf(out, "{\"id\":%.*s,\"result\":true,\"error\":null}\n", digits, id);
	if (memcmp(method, "\"mining.authorize\"", 18))
		return out;
	link->has_job = 1;
	out += sprintf(out, "{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[1]}\n");
	memcpy(out, job, job_size);
	return out + job_size;
}

/* Takes what has come from a connection and answers it. Who asks for more than fits into one turn's output is dropped. */
static void serve(struct link *link)
{
	static char in[LINE_MAX_BYTES + RECEIVE_MAX + 1], out[16 * RECEIVE_MAX];
	char *from = in, *to = out, *end, *limit;
	ssize_t size;

	if (link->held_size)
		memcpy(in, link->held, link->held_size);
	size = recv(link->fd, in + link->held_size, RECEIVE_MAX, 0);
	if (size <= 0) {
		if (size == 0 || (errno != EAGAIN && errno != EINTR))
			drop(link);
		return;
	}
	limit = in + link->held_size + size;
	*limit = 0;
	while ((end = memchr(from, '\n', (size_t)(limit - from)))) {
		if (to - out > (ssize_t)sizeof out - 2 * JOB_MAX)
			break;
		to = answer(link, from, end, to);
		from = end + 1;
	}
	link->held_size = (unsigned)(limit - from);
	if (link->held_size > LINE_MAX_BYTES || (to > out && send(link->fd, out, (size_t)(to - out), MSG_NOSIGNAL) != to - out)) {
		drop(link);
		return;
	}
	if (link->held_size && !link->held && !(link->held = malloc(LINE_MAX_BYTES)))
		die("memory");
	if (link->held_size)
		memcpy(link->held, from, link->held_size);
}

/* A request to the control port: a new job to everybody, then the answer. */
static void control(int listener)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	char request[1024];
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (recv(fd, request, sizeof request, 0) > 0) {
		make_job();
		for (unsigned i = 0; i < link_count; i++)
			if (links[i]->has_job)
				(void)!send(links[i]->fd, job, job_size, MSG_NOSIGNAL);
		(void)!send(fd, ok, sizeof ok - 1, MSG_NOSIGNAL);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC), pool = listen_on((unsigned short)(argc > 1 ? atoi(argv[1]) : 0)), orders = listen_on(0);
	struct epoll_event events[EVENTS_MAX];
	struct rlimit files;

	signal(SIGPIPE, SIG_IGN);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	make_job();
	watch(epoll, pool, &pool);
	watch(epoll, orders, &orders);
	printf("%u %u\n", port_of(pool), port_of(orders));
	fflush(stdout);
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr == &pool)
				accept_all(epoll, pool);
			else if (events[i].data.ptr == &orders)
				control(orders);
			else
				serve(events[i].data.ptr);
		}
	}
}
