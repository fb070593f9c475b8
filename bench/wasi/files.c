/* File work, one kind for each first argument; the second is a directory, the third a count. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[4096];

static const char *in(const char *dir, const char *name) {
  snprintf(path, sizeof path, "%s/%s", dir, name);
  return path;
}

static void fail(const char *what) {
  fprintf(stderr, "%s: %s: %s\n", what, path, strerror(errno));
  exit(1);
}

/* Reads a file in 64 KiB steps. */
static long read_large(const char *dir) {
  static char buffer[65536];
  long total = 0;
  int fd = open(in(dir, "large"), O_RDONLY);
  if (fd < 0) fail("open");
  for (;;) {
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n <= 0) break;
    total += n + buffer[0];
  }
  close(fd);
  return total;
}

/* Reads (or writes) 16 bytes at a time. */
static long small(const char *dir, int count, int writing) {
  char buffer[16] = "0123456789abcde";
  long total = 0;
  int fd = open(in(dir, "small"), writing ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0666);
  if (fd < 0) fail("open");
  for (int i = 0; i < count; i++) {
    ssize_t n = writing ? write(fd, buffer, 16) : read(fd, buffer, 16);
    if (n != 16) fail("transfer");
    total += n;
  }
  close(fd);
  return total;
}

/* Walks a tree with a stat of each entry. */
static long walk(char *at, size_t length) {
  long total = 0;
  DIR *dir = opendir(at);
  if (dir == NULL) fail("opendir");
  struct dirent *entry;
  while ((entry = readdir(dir)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    size_t more = strlen(entry->d_name);
    at[length] = '/';
    memcpy(at + length + 1, entry->d_name, more + 1);
    struct stat st;
    if (lstat(at, &st) != 0) fail("lstat");
    total++;
    if (S_ISDIR(st.st_mode)) total += walk(at, length + 1 + more);
    at[length] = 0;
  }
  closedir(dir);
  return total;
}

/* Creates, renames and removes files. */
static long churn(const char *dir, int count) {
  char to[4096];
  snprintf(to, sizeof to, "%s/renamed", dir);
  for (int i = 0; i < count; i++) {
    int fd = open(in(dir, "churn"), O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd < 0) fail("open");
    close(fd);
    if (rename(path, to) != 0) fail("rename");
    if (unlink(to) != 0) fail("unlink");
  }
  return count;
}

/* Copies the lines of stdin that hold a word. */
static long filter(const char *word) {
  char *line = NULL;
  size_t size = 0;
  long count = 0;
  ssize_t n;
  while ((n = getline(&line, &size, stdin)) > 0) {
    if (strstr(line, word) == NULL) continue;
    fwrite(line, 1, n, stdout);
    count++;
  }
  fprintf(stderr, "%ld\n", count);
  exit(0);
}

int main(int argc, char **argv) {
  const char *kind = argc > 1 ? argv[1] : "none";
  const char *dir = argc > 2 ? argv[2] : ".";
  int count = argc > 3 ? atoi(argv[3]) : 1;
  long total = 0;
  if (strcmp(kind, "large") == 0) total = read_large(dir);
  else if (strcmp(kind, "small-write") == 0) total = small(dir, count, 1);
  else if (strcmp(kind, "small-read") == 0) total = small(dir, count, 0);
  else if (strcmp(kind, "walk") == 0) {
    strcpy(path, dir);
    total = walk(path, strlen(path));
  } else if (strcmp(kind, "churn") == 0) total = churn(dir, count);
  else if (strcmp(kind, "filter") == 0) filter(dir);
  printf("%ld\n", total);
  return 0;
}
