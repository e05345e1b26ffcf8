/* Faults below the C library, for tests only: loaded by LD_PRELOAD, compiled by the test that wants it.

It watches what one process (and the reader child it starts) does to the agent's folder, its sockets, its pipes and the
DMS file, numbers those operations, and lets the n-th of them fail, happen and fail, be the last one before or after a
SIGKILL, or meet a full disk. Every operation goes into a log that the test reads: a fault that did not fire is seen,
and with `record` the log holds all that a power cut would need to know (disk.py).

The plan is one string, "key=value;key=value": root, dms, log, stacks, shim, reader, role, class, at, fault,
   record, each.
Nothing here is Python's: system calls are made directly, and a stack is asked of faulthandler by SIGUSR2. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define PLAN_MAX 4096
enum fault { NONE, FAILED, HAPPENED, KILLED_BEFORE, KILLED_AFTER, FULL };

static char plan[PLAN_MAX], root[PATH_MAX], dms[PATH_MAX], role = 'a', class_wanted;
static int armed, at, fault, record, each, log_fd = -1, stacks_fd = -1, full, counts[128];

struct header {
    uint32_t magic, n, path_len, other_len, data_len;
    int32_t result, err;
    int64_t offset, size;
    char role, class, op, fired;
};

static char *setting(const char *name, char *out, size_t room) {
    size_t len = strlen(name);
    out[0] = 0;
    for (const char *p = plan; p && *p; p = strchr(p, ';') ? strchr(p, ';') + 1 : NULL) {
        if (!strncmp(p, name, len) && p[len] == '=') {
            const char *from = p + len + 1, *to = strchr(from, ';');
            size_t n = to ? (size_t)(to - from) : strlen(from);
            if (n >= room) n = room - 1;
            memcpy(out, from, n);
            out[n] = 0;
            return out;
        }
    }
    return out;
}

static int open_append(const char *path) {
    if (!*path) return -1;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return -1;
    int high = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900); /* out of the way of whoever counts descriptors */
    if (high < 0) return fd;
    syscall(SYS_close, fd);
    return high;
}

__attribute__((visibility("default"))) void fg_arm(const char *text, char who) {
    char word[PATH_MAX];
    snprintf(plan, sizeof plan, "%s", text);
    role = who;
    setting("root", root, sizeof root);
    setting("dms", dms, sizeof dms);
    int mine = setting("role", word, sizeof word)[0] == who;
    class_wanted = mine ? setting("class", word, sizeof word)[0] : 0;
    at = atoi(setting("at", word, sizeof word));
    fault = atoi(setting("fault", word, sizeof word));
    record = atoi(setting("record", word, sizeof word));
    each = atoi(setting("each", word, sizeof word)); /* whose stacks are wanted: 1 of fsyncs, 2 of everything */
    log_fd = open_append(setting("log", word, sizeof word));
    if (who == 'a') stacks_fd = open_append(setting("stacks", word, sizeof word));
    memset(counts, 0, sizeof counts);
    full = 0;
    armed = 1;
}

__attribute__((constructor)) static void started(void) {
    const char *text = getenv("FG_SHIM_PLAN"), *who = getenv("FG_SHIM_ROLE");
    if (text) fg_arm(text, who ? who[0] : 'a');
}

/* One operation that is being looked at. */
struct op {
    char class, kind, fired;
    int n, todo, line; /* line: a socket, which is dead once it has failed */
    const char *path, *other;
    const void *data;
    size_t size;
    int64_t offset;
};

static void write_log(const struct op *o, long result, int err) {
    if (log_fd < 0) return;
    int keep = record && role == 'a' && o->data && result > 0 && (o->kind == 'w');
    struct header h = {.magic = 0x46474f50, .n = (uint32_t)o->n, .result = (int32_t)result, .err = err,
                       .offset = o->offset, .size = (int64_t)o->size, .role = role, .class = o->class, .op = o->kind,
                       .fired = o->fired};
    h.path_len = o->path ? (uint32_t)strlen(o->path) : 0;
    h.other_len = o->other ? (uint32_t)strlen(o->other) : 0;
    h.data_len = keep ? (uint32_t)result : 0;
    struct iovec parts[4] = {{&h, sizeof h}, {(void *)o->path, h.path_len}, {(void *)o->other, h.other_len},
                             {(void *)o->data, h.data_len}};
    syscall(SYS_writev, log_fd, parts, 4);
}

static void stack_of(const struct op *o) {
    char line[PATH_MAX + 64];
    if (stacks_fd < 0) return;
    int len = snprintf(line, sizeof line, "== %c %d %c %d %s\n", o->class, o->n, o->kind, o->fired, o->path ? o->path : "");
    syscall(SYS_write, stacks_fd, line, (size_t)len);
    raise(SIGUSR2);
}

static void die(void) {
    for (;;) syscall(SYS_kill, (pid_t)syscall(SYS_getpid), SIGKILL);
}

static int grows(char kind) { return kind == 'w' || kind == 'c' || kind == 'l' || kind == 'k'; }

/* Count it; say what is to be done to it. */
static int enter(struct op *o) {
    o->n = __sync_add_and_fetch(&counts[(int)o->class], 1);
    int syncs = o->kind == 's' ? __sync_add_and_fetch(&counts['s'], 1) : 0;
    int here = class_wanted == 's' ? syncs && syncs == at : class_wanted == o->class && o->n == at;
    int hit = fault != NONE && here;
    o->todo = hit && fault != FULL ? fault : NONE;
    if (hit && fault == FULL) full = 1;
    if (full && o->class == 'f' && grows(o->kind)) {
        hit = full++ == 1; /* the disk is full from operation `at` on; the first that needs room is the one it hits */
        o->todo = FULL;
    } else if (fault == FULL) {
        hit = 0;
    }
    o->fired = (char)hit;
    if (hit || (each && o->kind == 's') || each == 2) stack_of(o);
    if (o->todo == KILLED_BEFORE) {
        write_log(o, 0, 0);
        die();
    }
    return o->todo;
}

static int broken(const struct op *o) { return o->todo == FULL ? ENOSPC : o->class == 'n' ? ECONNRESET : EIO; }

static long leave(struct op *o, long result) {
    int err = result < 0 ? errno : 0;
    write_log(o, result, err);
    if (o->class == 'n' && (o->todo == FAILED || o->todo == HAPPENED)) syscall(SYS_shutdown, o->line, SHUT_RDWR);
    if (o->todo == KILLED_AFTER) die();
    if (o->todo == HAPPENED) {
        errno = broken(o);
        return -1;
    }
    errno = err;
    return result;
}

#define AROUND(o, call)                                                \
    ({                                                                 \
        long result_;                                                  \
        int todo_ = enter(&(o));                                       \
        if (todo_ == FAILED || todo_ == FULL) {                        \
            errno = broken(&(o));                                      \
            result_ = -1;                                              \
        } else {                                                       \
            result_ = (call);                                          \
        }                                                              \
        leave(&(o), result_);                                          \
    })

static int inside(const char *path, const char *folder) {
    size_t len = strlen(folder);
    return len && !strncmp(path, folder, len) && (path[len] == 0 || path[len] == '/');
}

static char class_of(const char *path) {
    if (inside(path, root)) return 'f';
    if (*dms && !strncmp(path, dms, strlen(dms))) return 'd';
    if (!strncmp(path, "socket:", 7)) return 'n';
    if (!strncmp(path, "pipe:", 5)) return 'p';
    return 0;
}

static char class_of_fd(int fd, char *path) {
    char link[64];
    path[0] = 0;
    if (!armed || fd == log_fd || fd == stacks_fd) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long len = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (len <= 0) return 0;
    path[len] = 0;
    return class_of(path);
}

/* A relative path from where this process stands. */
static char class_of_name(int folder, const char *name, char *path) {
    if (!armed || !name) return 0;
    if (*name == '/') {
        snprintf(path, PATH_MAX, "%s", name);
    } else {
        char link[64], base[PATH_MAX / 2];
        if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        long len = syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1);
        if (len <= 0) return 0;
        base[len] = 0;
        snprintf(path, PATH_MAX, "%s/%s", base, name);
    }
    return class_of(path);
}

/* Files ------------------------------------------------------------------------------------------------------------ */

static int open_at(int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    char class = class_of_name(folder, name, path);
    struct op o = {.class = class, .path = path};
    if (class == 'd') o.kind = 'o';
    if (class == 'f' && flags & O_CREAT && syscall(SYS_faccessat, folder, name, F_OK)) o.kind = 'c';
    else if (class == 'f' && flags & O_TRUNC) o.kind = 't';
    if (!o.kind) return (int)syscall(SYS_openat, folder, name, flags, mode);
    return (int)AROUND(o, syscall(SYS_openat, folder, name, flags, mode));
}

#define MODE(flags)                          \
    mode_t mode = 0;                         \
    if ((flags) & (O_CREAT | O_TMPFILE)) {   \
        va_list more;                        \
        va_start(more, flags);               \
        mode = (mode_t)va_arg(more, int);    \
        va_end(more);                        \
    }
#define SEEN __attribute__((visibility("default")))

SEEN int open(const char *name, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, name, flags, mode); }
SEEN int open64(const char *name, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, name, flags, mode); }
SEEN int openat(int f, const char *name, int flags, ...) { MODE(flags) return open_at(f, name, flags, mode); }
SEEN int openat64(int f, const char *name, int flags, ...) { MODE(flags) return open_at(f, name, flags, mode); }

static ssize_t write_to(int fd, const void *data, size_t size, int64_t offset, int placed) {
    char path[PATH_MAX];
    char class = class_of_fd(fd, path);
    struct op o = {.class = class, .kind = 'w', .line = fd, .path = path, .data = data, .size = size,
                   .offset = offset};
    if (!class || class == 'd') {
        return placed ? syscall(SYS_pwrite64, fd, data, size, offset) : syscall(SYS_write, fd, data, size);
    }
    if (!placed && class == 'f') {
        o.offset = fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
    }
    if (class_wanted == 'f' && class == 'f' && fault == FULL && counts['f'] + 1 == at && at % 2 && size > 1) {
        size /= 2; /* the last bytes of a disk: a short write, and the next one finds no room */
        enter(&o);
        o.todo = NONE;
        return leave(&o, placed ? syscall(SYS_pwrite64, fd, data, size, offset) : syscall(SYS_write, fd, data, size));
    }
    return AROUND(o, placed ? syscall(SYS_pwrite64, fd, data, size, offset) : syscall(SYS_write, fd, data, size));
}

SEEN ssize_t write(int fd, const void *data, size_t size) { return write_to(fd, data, size, 0, 0); }
SEEN ssize_t pwrite(int fd, const void *data, size_t size, off_t at_) { return write_to(fd, data, size, at_, 1); }
SEEN ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at_) { return write_to(fd, data, size, at_, 1); }

static int shorten(int fd, int64_t size) {
    char path[PATH_MAX];
    char class = class_of_fd(fd, path);
    struct op o = {.class = class, .kind = 't', .path = path, .offset = size};
    return (int)(class == 'f' ? AROUND(o, syscall(SYS_ftruncate, fd, size)) : syscall(SYS_ftruncate, fd, size));
}
SEEN int ftruncate(int fd, off_t size) { return shorten(fd, size); }
SEEN int ftruncate64(int fd, off64_t size) { return shorten(fd, size); }

static int sync_with(long call, int fd) {
    char path[PATH_MAX];
    char class = class_of_fd(fd, path);
    struct op o = {.class = class, .kind = 's', .path = path};
    return (int)(class == 'f' ? AROUND(o, syscall(call, fd)) : syscall(call, fd));
}
SEEN int fsync(int fd) { return sync_with(SYS_fsync, fd); }
SEEN int fdatasync(int fd) { return sync_with(SYS_fdatasync, fd); }

static int two_names(char kind, int f1, const char *from, int f2, const char *to, int flags) {
    char path[PATH_MAX], other[PATH_MAX];
    char class = class_of_name(f1, from, path);
    struct op o = {.class = class, .kind = kind, .path = path, .other = other};
    class_of_name(f2, to, other);
    long call = kind == 'r' ? SYS_renameat2 : SYS_linkat;
    return (int)(class == 'f' ? AROUND(o, syscall(call, f1, from, f2, to, flags)) : syscall(call, f1, from, f2, to, flags));
}
SEEN int rename(const char *from, const char *to) { return two_names('r', AT_FDCWD, from, AT_FDCWD, to, 0); }
SEEN int renameat(int f1, const char *from, int f2, const char *to) { return two_names('r', f1, from, f2, to, 0); }
SEEN int link(const char *from, const char *to) { return two_names('l', AT_FDCWD, from, AT_FDCWD, to, 0); }
SEEN int linkat(int f1, const char *from, int f2, const char *to, int flags) {
    return two_names('l', f1, from, f2, to, flags);
}

static int one_name(char kind, int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    char class = class_of_name(folder, name, path);
    struct op o = {.class = class, .kind = kind, .path = path};
    if (kind == 'k') {
        return (int)(class == 'f' ? AROUND(o, syscall(SYS_mkdirat, folder, name, mode))
                                  : syscall(SYS_mkdirat, folder, name, mode));
    }
    return (int)(class == 'f' ? AROUND(o, syscall(SYS_unlinkat, folder, name, flags))
                              : syscall(SYS_unlinkat, folder, name, flags));
}
SEEN int unlink(const char *name) { return one_name('u', AT_FDCWD, name, 0, 0); }
SEEN int unlinkat(int folder, const char *name, int flags) { return one_name('u', folder, name, flags, 0); }
SEEN int mkdir(const char *name, mode_t mode) { return one_name('k', AT_FDCWD, name, 0, mode); }

/* Sockets, pipes, and what is read of the DMS ------------------------------------------------------------------------ */

static int nothing_there(int fd) { /* a call that would only say "not yet" is no operation */
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return poll(&one, 1, 0) == 0;
}

static ssize_t read_from(int fd, void *data, size_t size, int64_t offset, int placed) {
    char path[PATH_MAX];
    char class = class_of_fd(fd, path);
    struct op o = {.class = class, .kind = 'i', .line = fd, .path = path, .size = size, .offset = offset};
    if (!class || class == 'f' || (class == 'n' && nothing_there(fd))) {
        return placed ? syscall(SYS_pread64, fd, data, size, offset) : syscall(SYS_read, fd, data, size);
    }
    return AROUND(o, placed ? syscall(SYS_pread64, fd, data, size, offset) : syscall(SYS_read, fd, data, size));
}
SEEN ssize_t read(int fd, void *data, size_t size) { return read_from(fd, data, size, 0, 0); }
SEEN ssize_t pread(int fd, void *data, size_t size, off_t at_) { return read_from(fd, data, size, at_, 1); }
SEEN ssize_t pread64(int fd, void *data, size_t size, off64_t at_) { return read_from(fd, data, size, at_, 1); }

SEEN int connect(int fd, const struct sockaddr *to, socklen_t len) {
    char path[PATH_MAX];
    char class = to && (to->sa_family == AF_INET || to->sa_family == AF_INET6) ? class_of_fd(fd, path) : 0;
    struct op o = {.class = class, .kind = 'h', .line = fd, .path = path};
    return (int)(class == 'n' ? AROUND(o, syscall(SYS_connect, fd, to, len)) : syscall(SYS_connect, fd, to, len));
}
SEEN ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t len) {
    char path[PATH_MAX];
    char class = class_of_fd(fd, path);
    struct op o = {.class = class, .kind = 'w', .line = fd, .path = path, .size = size};
    if (class != 'n') return syscall(SYS_sendto, fd, data, size, flags, to, len);
    return AROUND(o, syscall(SYS_sendto, fd, data, size, flags, to, len));
}
SEEN ssize_t send(int fd, const void *data, size_t size, int flags) { return sendto(fd, data, size, flags, NULL, 0); }
SEEN ssize_t recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *from, socklen_t *len) {
    char path[PATH_MAX];
    char class = class_of_fd(fd, path);
    struct op o = {.class = class, .kind = 'i', .line = fd, .path = path, .size = size};
    if (class != 'n' || nothing_there(fd)) return syscall(SYS_recvfrom, fd, data, size, flags, from, len);
    return AROUND(o, syscall(SYS_recvfrom, fd, data, size, flags, from, len));
}
SEEN ssize_t recv(int fd, void *data, size_t size, int flags) { return recvfrom(fd, data, size, flags, NULL, NULL); }

/* Give a reader child's three descriptors to a process that has imported the reader already and forks one, and be no
   more than its place: `cat` ends when it does, and whoever kills `cat` ends it. Only a second of imports is saved. */
static void hand_over(const char *socket_path) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    memcpy(to.sun_path, socket_path, strnlen(socket_path, sizeof to.sun_path - 1));
    int line = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0), fds[3] = {0, 1, 2};
    if (line < 0 || syscall(SYS_connect, line, &to, sizeof to)) return;
    char room[CMSG_SPACE(sizeof fds)] = {0};
    struct iovec one = {plan, strlen(plan)}; /* it may be the reader who is to be broken */
    struct msghdr said = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *c = CMSG_FIRSTHDR(&said);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(c), fds, sizeof fds);
    if (syscall(SYS_sendmsg, line, &said, 0) != (long)one.iov_len) return;
    int nowhere = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
    syscall(SYS_dup3, line, 0, 0);
    syscall(SYS_dup3, nowhere, 1, 0);
    syscall(SYS_dup3, nowhere, 2, 0);
    char *const argv[] = {(char *)"cat", NULL}, *const env[] = {NULL};
    syscall(SYS_execve, "/bin/cat", argv, env);
}

/* The reader child is given a small environment; the shim goes with it. Runs after vfork: nothing but the stack. */
SEEN int execve(const char *file, char *const argv[], char *const env[]) {
    char preload[PATH_MAX + 16], said[PLAN_MAX + 16];
    if (!armed) return (int)syscall(SYS_execve, file, argv, env);
    size_t n = 0;
    while (env && env[n]) n++;
    char *more[n + 4];
    char word[PATH_MAX];
    if (setting("reader", word, sizeof word)[0]) hand_over(word);
    memcpy(more, env, n * sizeof *more);
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", setting("shim", word, sizeof word));
    snprintf(said, sizeof said, "FG_SHIM_PLAN=%s", plan);
    more[n] = preload;
    more[n + 1] = said;
    more[n + 2] = (char *)"FG_SHIM_ROLE=r";
    more[n + 3] = NULL;
    return (int)syscall(SYS_execve, file, argv, more);
}
