# What the kernel says of a TCP socket, asked by somebody else than its holder.
# sockopts.pl                 the socket on standard input
# sockopts.pl PID PORT        the first socket of that process whose peer has this port (pidfd_getfd(2): root, Linux 5.6 on)
# Prints SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT, TCP_NOTSENT_LOWAT.
use strict;
use warnings;
use Socket;

my ($pid, $port) = @ARGV;
my @sockets = defined $pid ? taken($pid) : (\*STDIN);
for my $socket (@sockets) {
  if (defined $pid) {
    my $peer = getpeername($socket) or next;
    next if sockaddr_family($peer) != AF_INET || (unpack_sockaddr_in($peer))[0] != $port;
  }
  my @names = ([1, 9], [6, 4], [6, 5], [6, 6], [6, 18], [6, 25]);
  print join(' ', map { unpack('i', getsockopt($socket, $_->[0], $_->[1])) } @names), "\n";
  exit 0;
}
die "no such socket\n";

sub taken {
  my ($pid) = @_;
  my $process = syscall(434, $pid + 0, 0);
  die "pidfd_open: $!\n" if $process < 0;
  my @taken;
  opendir(my $folder, "/proc/$pid/fd") or die "$!\n";
  for my $fd (grep { /^\d+$/ && (readlink("/proc/$pid/fd/$_") // '') =~ /^socket:/ } readdir $folder) {
    my $own = syscall(438, $process, $fd + 0, 0);
    next if $own < 0;
    open(my $handle, '+<&=', $own) or next;
    push @taken, $handle;
  }
  return @taken;
}
