using Ddpm.Host.Files;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Files;

public sealed class AtomicFileTests : IDisposable
{
    private static readonly byte[] Old = [1, 2, 3];
    private static readonly byte[] New = [4, 5, 6, 7];

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-atomic-file-").FullName;

    private string Target => Path.Combine(_folder, "target.bin");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Law]
    public bool The_file_holds_what_was_written_last_and_nothing_lies_beside_it(byte[][] contents) =>
        contents.All(content =>
            AtomicFile.Write(Target, content).IsSucc
            && File.ReadAllBytes(Target).SequenceEqual(content)
            && Directory.GetFileSystemEntries(_folder).SequenceEqual([Target]));

    /// <summary>A process that dies does not clean up: whatever step it reached, the old content is there, or the new.</summary>
    [Law]
    public bool Whoever_dies_at_any_step_leaves_the_old_content_or_the_new(byte step, byte bytes)
    {
        File.WriteAllBytes(Target, Old);
        var died = FileOperations.Disk with { Delete = _ => { } };
        died = (step % 4) switch
        {
            0 => StoppingAfter(bytes % 4, new DiskFaults.DeathException()) with { Delete = _ => { } },
            1 => died with { WriteNew = (path, writer) => { FileOperations.Disk.WriteNew(path, writer); throw new DiskFaults.DeathException(); } },
            2 => died with { Replace = (_, _) => throw new DiskFaults.DeathException() },
            _ => died with { FlushFolder = _ => throw new DiskFaults.DeathException() },
        };
        Assert.Throws<DiskFaults.DeathException>(() => AtomicFile.Write(died, Target, Write(New)));
        return File.ReadAllBytes(Target).SequenceEqual(step % 4 == 3 ? New : Old)
            && Directory.GetFiles(_folder).All(file =>
                file == Target || file.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal));
    }

    [Fact]
    public void Content_is_flushed_before_the_rename_and_the_folder_after()
    {
        var steps = new List<string>();
        var disk = FileOperations.Disk;
        var watched = new FileOperations(
            (path, writer) => { steps.Add($"write {Path.GetDirectoryName(path)}"); disk.WriteNew(path, writer); },
            (source, target) => { steps.Add($"replace {target}"); disk.Replace(source, target); },
            path => { steps.Add($"flush {path}"); disk.FlushFolder(path); },
            path => { steps.Add("delete"); disk.Delete(path); });
        Assert.True(AtomicFile.Write(watched, Target, Write(New)).IsSucc);
        Assert.Equal([$"write {_folder}", $"replace {Target}", $"flush {_folder}"], steps);
    }

    [Fact]
    public void Writers_at_the_same_time_leave_the_content_of_one_of_them()
    {
        Parallel.For(0, 16, i => Assert.True(AtomicFile.Write(Target, Enumerable.Repeat((byte)i, 100_000).ToArray()).IsSucc));
        var content = File.ReadAllBytes(Target);
        Assert.Equal(100_000, content.Length);
        Assert.Single(content.Distinct());
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void An_error_of_the_writer_leaves_the_old_content() =>
        AssertUntouched(() => AtomicFile.Write(Target, Interrupted(() => new IOException("the tape\nbroke."))), "the tape broke; check");

    [Fact]
    public void A_bug_in_the_writer_passes_through_and_leaves_the_old_content()
    {
        File.WriteAllBytes(Target, Old);
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(Target, Interrupted(() => new InvalidOperationException())));
        AssertHolds(Old);
    }

    [Fact]
    public void A_full_disk_leaves_the_old_content_and_is_named() =>
        AssertUntouched(() => AtomicFile.Write(StoppingAfter(2, DiskFaults.Full()), Target, Write(New)), "the disk is full");

    [Fact]
    public void A_lack_of_permission_leaves_the_old_content_and_is_named()
    {
        // Injected, because permissions do not bind whoever runs the tests as root.
        var closed = FileOperations.Disk with { WriteNew = (_, _) => throw new UnauthorizedAccessException("closed") };
        AssertUntouched(() => AtomicFile.Write(closed, Target, Write(New)), $"no permission; make {_folder} writable");
    }

    [Fact]
    public void A_failed_rename_leaves_the_old_content()
    {
        var stuck = FileOperations.Disk with { Replace = (_, _) => throw new IOException("stuck") };
        AssertUntouched(() => AtomicFile.Write(stuck, Target, Write(New)), "stuck");
    }

    [Fact]
    public void A_folder_that_cannot_be_flushed_is_told_but_the_content_is_new()
    {
        File.WriteAllBytes(Target, Old);
        var unsure = FileOperations.Disk with { FlushFolder = _ => throw new IOException("unsure") };
        Assert.Contains("might not survive a power cut", Message(AtomicFile.Write(unsure, Target, Write(New))), StringComparison.Ordinal);
        AssertHolds(New);
    }

    [Fact]
    public void The_first_error_is_the_one_that_is_told_when_deleting_fails_too()
    {
        File.WriteAllBytes(Target, Old);
        var stuck = FileOperations.Disk with
        {
            Replace = (_, _) => throw new IOException("stuck"),
            Delete = _ => throw new IOException("glued"),
        };
        Assert.Contains("stuck", Message(AtomicFile.Write(stuck, Target, Write(New))), StringComparison.Ordinal);
        Assert.Equal(Old, File.ReadAllBytes(Target));
    }

    [Fact]
    public void A_target_that_is_a_folder_is_an_error_and_stays()
    {
        Directory.CreateDirectory(Target);
        Assert.Contains("it is a folder", Message(AtomicFile.Write(Target, New)), StringComparison.Ordinal);
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
        Assert.True(Directory.Exists(Target));
    }

    [Fact]
    public void A_missing_folder_is_an_error_that_names_it()
    {
        var missing = Path.Combine(_folder, "missing");
        var message = Message(AtomicFile.Write(Path.Combine(missing, "target.bin"), New));
        Assert.Contains($"there is no folder {missing}", message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_parent_that_is_a_file_is_an_error_and_stays()
    {
        File.WriteAllBytes(Target, Old);
        var message = Message(AtomicFile.Write(Path.Combine(Target, "inside.bin"), New));
        Assert.Contains($"{Target} is a file, not a folder", message, StringComparison.Ordinal);
        AssertHolds(Old);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_path_that_names_no_file_is_an_error(string path) =>
        Assert.Contains("names no file", Message(AtomicFile.Write(path, New)), StringComparison.Ordinal);

    [Fact]
    public void A_name_that_is_too_long_is_an_error()
    {
        Message(AtomicFile.Write(Path.Combine(_folder, new string('x', 300)), New));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    /// <summary>Windows flushes no folders.</summary>
    [UnixFact]
    public void Flushing_a_folder_that_is_not_there_is_an_error()
    {
        var error = Assert.Throws<IOException>(() => FileOperations.Disk.FlushFolder(Path.Combine(_folder, "missing")));
        Assert.Contains("missing", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Writing fails with the reason. Afterwards a new file does not exist, and an old file has its old content.</summary>
    private void AssertUntouched(Func<Fin<Unit>> write, string reason)
    {
        AssertFails();
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        File.WriteAllBytes(Target, Old);
        AssertFails();
        AssertHolds(Old);

        void AssertFails()
        {
            var message = Message(write());
            Assert.Contains(Target, message, StringComparison.Ordinal);
            Assert.Contains(reason, message, StringComparison.Ordinal);
        }
    }

    private void AssertHolds(byte[] content)
    {
        Assert.Equal(content, File.ReadAllBytes(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    private static Action<Stream> Write(byte[] content) => stream => stream.Write(content);

    private static FileOperations StoppingAfter(int bytes, Exception failure) => FileOperations.Disk with
    {
        WriteNew = (path, writer) => FileOperations.Disk.WriteNew(path, stream => writer(new StoppingStream(stream, bytes, failure))),
    };

    private static Action<Stream> Interrupted(Func<Exception> reason) => stream =>
    {
        stream.Write(New);
        throw reason();
    };

    private static string Message(Fin<Unit> result)
    {
        var message = result.Match(Succ: _ => throw new InvalidOperationException("there is no error"), Fail: error => error.Message);
        Assert.DoesNotContain(message, char.IsControl);
        return message;
    }

    /// <summary>Accepts a number of bytes and then fails, like a full disk.</summary>
    private sealed class StoppingStream(Stream inner, int room, Exception failure) : Stream
    {
        private int _room = room;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => inner.Length;
        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count)
        {
            var taken = Math.Min(_room, count);
            inner.Write(buffer, offset, taken);
            _room -= taken;
            if (taken < count)
            {
                throw failure;
            }
        }

        public override void Flush() => inner.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
