/* A disk that fails on demand: preloaded, it stands between a process and the files below DISK_FAULT_FOLDER.
   The first letter of the file DISK_FAULT_WORD says how: full, readonly, broken, sync; anything else: not at all. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char word(void)
{
    char first = 0;
    const char *path = getenv("DISK_FAULT_WORD");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY) : -1;
    if (fd >= 0) {
        if (syscall(SYS_read, fd, &first, 1) != 1)
            first = 0;
        syscall(SYS_close, fd);
    }
    return first;
}

static int is_ours(const char *path)
{
    const char *folder = getenv("DISK_FAULT_FOLDER");
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_ours_open(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return is_ours(path);
}

/* What a write that ends at `end` is answered; 0: nothing is wrong with it. */
static int refusal(int fd, off_t end)
{
    struct stat file;
    if (fstat(fd, &file) || !S_ISREG(file.st_mode) || !is_ours_open(fd))
        return 0;
    switch (word()) {
    case 'f': return end > file.st_size ? ENOSPC : 0;
    case 'r': return EROFS;
    case 'b': return EIO;
    }
    return 0;
}

static off_t place(int fd)
{
    struct stat file;
    if (fcntl(fd, F_GETFL) & O_APPEND)
        return fstat(fd, &file) ? 0 : file.st_size;
    return lseek(fd, 0, SEEK_CUR);
}

#define REFUSE(why) do { int error = (why); if (error) { errno = error; return -1; } } while (0)

ssize_t write(int fd, const void *data, size_t length)
{
    struct stat file;
    if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode))
        REFUSE(refusal(fd, place(fd) + (off_t)length));
    return syscall(SYS_write, fd, data, length);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at)
{
    REFUSE(refusal(fd, at + (off_t)length));
    return syscall(SYS_pwrite64, fd, data, length, at);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at)
{
    return pwrite(fd, data, length, at);
}

int ftruncate(int fd, off_t length)
{
    REFUSE(refusal(fd, length));
    return (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate64(int fd, off64_t length)
{
    return ftruncate(fd, length);
}

int fsync(int fd)
{
    REFUSE(word() == 's' && is_ours_open(fd) ? EIO : 0);
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    REFUSE(word() == 's' && is_ours_open(fd) ? EIO : 0);
    return (int)syscall(SYS_fdatasync, fd);
}

static int opened(const char *path, int flags, mode_t mode)
{
    REFUSE(flags & (O_WRONLY | O_RDWR | O_CREAT) && word() == 'r' && is_ours(path) ? EROFS : 0);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return opened(path, flags | O_LARGEFILE, mode);
}

int access(const char *path, int how)
{
    REFUSE(how & W_OK && word() == 'r' && is_ours(path) ? EROFS : 0);
    return (int)syscall(SYS_faccessat, AT_FDCWD, path, how);
}
