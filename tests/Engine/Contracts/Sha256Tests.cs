using System.Security.Cryptography;
using System.Text;
using Sha256 = Viddhana.Contracts.Sha256;

namespace Viddhana.Tests.Engine.Contracts;

public sealed class Sha256Tests
{
    // FIPS 180-4 examples (NIST, "SHA256.pdf").
    [TestCase("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [TestCase("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [TestCase(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void The_examples_of_the_standard_come_out(string text, string expected)
    {
        var digest = new byte[Sha256.Size];
        Sha256.Hash(Encoding.ASCII.GetBytes(text), digest);

        Assert.That(Convert.ToHexStringLower(digest), Is.EqualTo(expected));
    }

    [Test]
    public void Every_length_equals_the_platform()
    {
        var data = new byte[300];
        new Random(1).NextBytes(data);
        var digest = new byte[Sha256.Size];
        for (var length = 0; length <= data.Length; length++)
        {
            Sha256.Hash(data.AsSpan(0, length), digest);
            Assert.That(digest, Is.EqualTo(SHA256.HashData(data.AsSpan(0, length))), $"length {length}");
            Sha256.HashTwice(data.AsSpan(0, length), digest);
            Assert.That(digest, Is.EqualTo(SHA256.HashData(SHA256.HashData(data.AsSpan(0, length)))), $"length {length}");
        }
    }
}
