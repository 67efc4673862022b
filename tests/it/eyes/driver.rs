//! chromedriver of the Debian package, on a free port and in a folder of its own;
//! it ends with everything it started, even when a test fails. Deliberately absent:
//! what is looked at.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

/// A chromedriver.
pub struct Driver {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Driver {
    /// Starts one; it chooses its port itself and says which.
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("cartage-eyes-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(&folder).unwrap();
        let started = Command::new("chromedriver")
            .arg("--port=0")
            .envs([("HOME", &folder), ("TMPDIR", &folder)])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) => panic!("chromedriver could not be started ({error}): `make setup` installs it"),
        };
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut port = None;
        let mut line = String::new();
        while port.is_none() && said.read_line(&mut line).unwrap() > 0 {
            port = line
                .split("successfully on port ")
                .nth(1)
                .and_then(|rest| rest.trim().trim_end_matches('.').parse().ok());
            line.clear();
        }
        // What it says later is read away, lest it wait for a reader.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self { child, port: port.expect("chromedriver says its port"), folder }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// An empty profile for one browser.
    pub fn profile(&self) -> PathBuf {
        self.folder.join(format!("profile-{:08x}", rand::random::<u32>()))
    }

    /// Asks it to end its browsers and itself.
    fn ask_to_end(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(3)))?;
        let host = format!("127.0.0.1:{}", self.port);
        write!(stream, "GET /shutdown HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(|_| ())
    }

    /// Ends every browser that was started on our folder and is still there.
    fn end_browsers(&self) {
        let ours = self.folder.to_string_lossy().into_owned();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if name.parse::<u32>().is_ok() && String::from_utf8_lossy(&line).contains(&ours) {
                Command::new("kill").args(["-KILL", &name]).stderr(Stdio::null()).status().ok();
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.ask_to_end().ok();
        for _ in 0..30 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
            sleep(Duration::from_millis(100));
        }
        self.child.kill().ok();
        self.child.wait().ok();
        self.end_browsers();
        // A browser that was killed may still write for a moment.
        for _ in 0..20 {
            if std::fs::remove_dir_all(&self.folder).is_ok() {
                return;
            }
            sleep(Duration::from_millis(50));
        }
    }
}
