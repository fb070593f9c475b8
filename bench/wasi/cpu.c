/* CPU-bound work: a sieve, matrix multiplication, recursion, hashing. Prints a check value. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned sieve(unsigned limit) {
  unsigned char *composite = calloc(limit + 1, 1);
  unsigned count = 0;
  for (unsigned i = 2; i <= limit; i++) {
    if (composite[i]) continue;
    count++;
    for (unsigned long long j = (unsigned long long)i * i; j <= limit; j += i) composite[j] = 1;
  }
  free(composite);
  return count;
}

#define N 240
static double a[N][N], b[N][N], c[N][N];

static double matrix(void) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = i + j, b[i][j] = i - j, c[i][j] = 0;
  for (int i = 0; i < N; i++)
    for (int k = 0; k < N; k++)
      for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
  return c[N / 2][N / 3];
}

static unsigned __attribute__((noinline)) fib(unsigned n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static uint32_t hash(void) {
  static unsigned char data[1 << 16];
  for (unsigned i = 0; i < sizeof data; i++) data[i] = (unsigned char)(i * 31);
  uint32_t h = 2166136261u;
  for (int round = 0; round < 400; round++)
    for (unsigned i = 0; i < sizeof data; i++) h = (h ^ data[i]) * 16777619u;
  return h;
}

int main(int argc, char **argv) {
  int part = argc > 1 ? argv[1][0] : 'a';
  int rounds = argc > 2 ? atoi(argv[2]) : 1;
  double check = 0;
  for (int i = 0; i < rounds; i++) {
    if (part == 'a' || part == 's') check += sieve(5000000);
    if (part == 'a' || part == 'm') check += matrix();
    if (part == 'a' || part == 'f') check += fib(32);
    if (part == 'a' || part == 'h') check += hash();
  }
  printf("%.0f\n", check);
  return 0;
}
