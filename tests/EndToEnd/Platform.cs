using System.Runtime.Versioning;

// Real nodes, owners of files, signals: these tests are of Linux.
[assembly: UnsupportedOSPlatform("windows")]
