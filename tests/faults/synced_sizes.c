/* For LD_PRELOAD: notes in the file SYNC_LOG, after each fsync, which file was synced and how large it was before.
 * What a file has beyond its last noted size would be gone after a power cut. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int synced(int fd, const char *name) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  const char *log = getenv("SYNC_LOG");
  char link[64], path[4096], line[4200];
  struct stat before;
  int known = fstat(fd, &before), result = real(fd);
  if (result != 0 || known != 0 || !log) return result;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  int out = open(log, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (length > 0 && out >= 0) {
    path[length] = 0;
    int size = snprintf(line, sizeof line, "%lld %s\n", (long long)before.st_size, path);
    if (write(out, line, size) != size) abort();
  }
  if (out >= 0) close(out);
  return result;
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }
