using System.Security.Cryptography;

namespace Viddhana.Backoffice.Accounts;

/// <summary>Files of secrets in the data directory, for the program's user alone (directory 0700, files 0600).</summary>
internal static class SecretFile
{
    /// <summary>The directory of secrets, made if it is missing.</summary>
    public static string Directory(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "keys");
        if (OperatingSystem.IsWindows()) return System.IO.Directory.CreateDirectory(path).FullName;
        return System.IO.Directory.CreateDirectory(
            path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
    }

    /// <summary>Writes the whole of a file or nothing of it.</summary>
    public static void Write(string path, string text)
    {
        var part = $"{path}.{Guid.NewGuid():N}";
        using (var stream = new FileStream(part, Options()))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(text);
            writer.Flush();
            stream.Flush(flushToDisk: true);
        }

        File.Move(part, path, overwrite: true);
    }

    /// <summary>The key of a file that holds 32 random bytes in hex; makes it when it is missing.</summary>
    public static byte[] Key(string path)
    {
        if (!File.Exists(path)) Write(path, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n");
        var key = Convert.FromHexString(File.ReadAllText(path).Trim());
        return key.Length == 32 ? key : throw new InvalidDataException($"{path} must hold 64 hex digits");
    }

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
