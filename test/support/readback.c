/* readback PORT [command...]: connects to 127.0.0.1:PORT, runs the command with the socket as descriptor 3, and prints what
   the kernel then says of that socket: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT.
   With -DSNIPPET the file of that name is compiled in, and its keep_alive() called first. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef SNIPPET
#include SNIPPET
#endif

static int option(int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  if (getsockopt(3, level, name, &value, &length) != 0) perror("getsockopt");
  return value;
}

int main(int argc, char **argv) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
    perror("connect");
    return 1;
  }
  if (fd != 3) dup2(fd, 3);
#ifdef SNIPPET
  if (keep_alive(3) != 0) {
    perror("keep_alive");
    return 1;
  }
#endif
  if (argc > 2) {
    int status;
    if (fork() == 0) {
      execvp(argv[2], argv + 2);
      perror(argv[2]);
      _exit(127);
    }
    if (wait(&status) < 0 || status != 0) return 1;
  }
  printf("%d %d %d %d %d\n", option(SOL_SOCKET, SO_KEEPALIVE), option(IPPROTO_TCP, TCP_KEEPIDLE),
         option(IPPROTO_TCP, TCP_KEEPINTVL), option(IPPROTO_TCP, TCP_KEEPCNT),
         option(IPPROTO_TCP, TCP_USER_TIMEOUT));
  return 0;
}
