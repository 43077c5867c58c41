from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.records.names import process_label, read_command


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        (("/usr/bin/python3.11", "-u", "/srv/app.py", "x"), "app.py"),
        (("python3", "-m", "http.server"), "http.server"),
        (("python3", "-Im", "http.server"), "http.server"),
        (("python3", "-W", "ignore", "-X", "dev", "a.py"), "a.py"),
        (("python3", "-c", "import x"), "python3"),
        (("java", "-Xmx1g", "-jar", "/opt/h2.jar"), "h2.jar"),
        (("java", "-cp", "/a.jar:/b.jar", "org.shop.Main", "x"), "org.shop.Main"),
        (("node", "-r", "dotenv", "/srv/node_modules/.bin/vite"), "vite"),
        (("node", "-e", "while(1);"), "node"),
        (("perl", "-we", "print 1"), "perl"),
        (("bash", "-lc", "make all"), "bash"),
        (("bash", "./run.sh"), "run.sh"),
        (("bash", "/dev/fd/3"), "bash"),
        (("-bash",), "bash"),
        (("/usr/bin/node_exporter", "x"), "node_exporter"),
        (("/usr/lib/libreoffice/program/soffice.bin", "--writer"), "soffice"),
        (("C:\\Windows\\System32\\notepad.exe", "a.txt"), "notepad"),
        (("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",), "Google Chrome"),
        (("/Applications/Slack.app/Contents/Frameworks/Slack Helper.app/Contents/x",), "Slack"),
    ],
)  # fmt: skip
def test_a_process_is_called_by_what_an_interpreter_runs(
    arguments: tuple[str, ...], label: str
) -> None:
    assert process_label(arguments, "name") == label


@pytest.mark.parametrize(
    ("name", "title", "label"),
    [
        ("postgres", "postgres: shop shop 10.0.0.7(41236) idle", "postgres"),
        ("sshd", "sshd: me@pts/0", "sshd"),
        ("redis-server", "/usr/bin/redis-server 127.0.0.1:6379", "redis-server"),
        ("chrome", "/opt/google/chrome/chrome --type=renderer --dir=/a/b", "chrome"),
        ("npm run dev", "npm run dev", "npm"),
        ("exe", "/opt/My Program/run it", "run it"),
        ("slack", "/proc/self/exe", "slack"),
        ("kworker/0:1", "", "kworker/0:1"),
        # As they were in real runs, with the kernel's short name of each.
        ("puma", "puma 5.6.5 (tcp://127.0.0.1:33000) [shop]", "puma"),
        ("ruby", "puma 6.4.0 (tcp://0.0.0.0:3000) [shop]", "puma"),
        ("ruby", "puma 6.4.0 (unix:///srv/shop/tmp/puma.sock) [shop]", "puma"),
        ("ruby", "puma: cluster worker 0: 18088 [shop]", "puma"),
        ("ruby", "puma 6.4.0", "puma"),
        ("unicorn", "unicorn worker[0] -l 127.0.0.1:33002 -c /dev/fd/63 config.ru", "unicorn"),
        ("ruby", "unicorn master -c /srv/shop/unicorn.rb", "unicorn"),
        ("ruby3.1", "unicorn_rails worker[3] -c config/unicorn.rb -E production", "unicorn_rails"),
        ("ruby", "sidekiq 7.1.2 shop/current [0 of 5 busy]", "sidekiq"),
        ("bundle", "sidekiq 7.2.0 current [0 of 5 busy] stopping", "sidekiq"),
        ("ruby", "Passenger RubyApp: /srv/mail/outgoing (production)", "Passenger"),
        ("ruby", "Passenger AppPreloader: /srv/mail/outgoing (forking...)", "Passenger"),
        ("PassengerAgent", "Passenger watchdog", "Passenger"),
        ("ruby", "resque-2.6.0: Waiting for default", "resque"),
        ("ruby", "resque-2.6.0: Processing mail/outgoing since 1700000000 [Send]", "resque"),
        ("ruby", "resque-scheduler-4.10.0[production]: Schedules Loaded", "resque-scheduler"),
        ("ruby", "thin server (0.0.0.0:3000)", "thin"),
        ("ruby", "spring app    | shop | started 2 hours ago | development mode", "spring"),
        ("starman master ", "starman master --listen 127.0.0.1:33004 app.psgi", "starman"),
        ("starman worker ", "starman worker --listen /run/shop.sock app.psgi", "starman"),
        ("my daemon: wait", "my daemon: waiting", "my daemon"),
        ("nginx", "nginx: master process nginx -c /tmp/nginx.conf", "nginx"),
        ("nginx", "nginx: worker process", "nginx"),
        ("php-fpm8.2", "php-fpm: pool www", "php-fpm"),
        ("php-fpm8.2", "php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)", "php-fpm"),
        ("sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "sshd"),
        ("sshd-session", "sshd-session: me@pts/0", "sshd-session"),
        ("redis-server", "redis-server *:33008", "redis-server"),
        ("redis-server", "redis-rdb-bgsave 0.0.0.0:6379", "redis-rdb-bgsave"),
        ("postgres", "postgres: 15/main: autovacuum launcher", "postgres"),
        ("postmaster", "postgres: walwriter", "postgres"),
        ("gunicorn: maste", "gunicorn: master [wsgiapp:app]", "gunicorn"),
        ("python3", "gunicorn: worker [shop/wsgi:app]", "gunicorn"),
        ("celery", "[celeryd: celery@host:MainProcess] -active- (-A tasks worker)", "celeryd"),
        ("python3", "[celeryd: celery@host:ForkPoolWorker-1]", "celeryd"),
        ("uwsgi", "uWSGI worker 1", "uWSGI"),
        ("proftpd", "proftpd: (accepting connections)", "proftpd"),
        ("imap", "dovecot/imap [me 10.0.0.7 IDLE]", "imap"),
        ("lxc-start", "[lxc monitor] /var/lib/lxc web", "lxc"),
        ("gdm-session-wor", "gdm-session-worker [pam/gdm-password]", "gdm-session-worker"),
        ("avahi-daemon", "avahi-daemon: running [host.local]", "avahi-daemon"),
        ("sendmail-mta", "sendmail: MTA: accepting connections", "sendmail"),
        ("worker", "0.0.0.0:3000) [shop]", "worker"),
        ("ruby", "[0 of 5 busy]", "ruby"),
        # Paths, with and without spaces, are no titles.
        ("slack", "/opt/Slack App/slack --type=renderer --dir=/a/b", "slack"),
        ("run it", "./my programs/run it", "run it"),
        ("tool", "my programs/tool", "tool"),
        ("Main Thread", "/opt/electron/electron --type=zygote", "electron"),
        ("Discord", "/proc/self/exe --type=utility --x=/y/z", "Discord"),
        ("x", "C:\\Program Files\\My Tool\\my tool.exe", "my tool"),
    ],
)
def test_a_title_in_place_of_a_command_line_is_cut_to_the_program(
    name: str, title: str, label: str
) -> None:
    assert process_label((title,) if title else (), name) == label


def test_a_title_with_old_arguments_left_behind_it_is_still_one() -> None:
    left = ("puma: cluster worker 0: 7 [shop]", "fig.ru", "-w")
    assert process_label(left, "ruby") == "puma"
    assert process_label(("My Tool", "-x"), "My Tool") == "My Tool"


@given(st.text(min_size=1, max_size=60), st.text(max_size=15))
def test_whatever_a_title_says_there_is_a_name_of_one_line(title: str, name: str) -> None:
    label = process_label((title,), name)
    assert len(label) <= 40
    assert label.isprintable()
    assert label or not name


@pytest.mark.parametrize(
    ("command", "interactive"),
    [
        ("bash", True),
        ("-zsh", True),
        ("bash --init-file /usr/share/x.sh", True),
        ("fish --init-command x", True),
        ("sh -c x", False),
        ("bash -lc x", False),
        ("bash run.sh", False),
        ("python3", False),
    ],
)
def test_a_shell_is_interactive_without_script_or_command(command: str, interactive: bool) -> None:
    assert read_command(command.split(), "x").is_interactive_shell is interactive
