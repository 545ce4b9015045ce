using Ddpm.Host.Runs;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Runs;

public sealed class RunLockTests : IDisposable
{
    private static readonly LockHolder One = new(100, "here", "boot 5"), Two = new(200, "here", "boot 7"), Elsewhere = new(100, "there", "boot 5");

    private readonly RunFolder _folder = new(Path.Combine(Directory.CreateTempSubdirectory("ddpm-lock-").FullName, "run"));

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder.Path)!, recursive: true);

    [Fact]
    public void A_lock_keeps_others_out_until_it_is_given_back_and_leaves_nothing()
    {
        using (Take(One, alive: [One, Two]).Valid())
        {
            Assert.Contains("process 100 is training in", Fault(Take(Two, alive: [One, Two])), StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(_folder.Path));
        Take(Two, alive: [Two]).Valid().Dispose();
    }

    [Fact]
    public void A_folder_that_holds_something_stays_when_its_lock_is_given_back()
    {
        using (Take(One, alive: [One]).Valid())
        {
            File.WriteAllText(_folder.ReceiptPath, "{}");
        }

        Assert.Equal([_folder.ReceiptPath], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void The_lock_of_a_process_that_is_gone_is_taken_over()
    {
        Abandon(One);
        using var taken = Take(Two, alive: [Two]).Valid();
        Assert.Contains("process 200", Fault(Take(One, alive: [One, Two])), StringComparison.Ordinal);
    }

    [Fact]
    public void So_is_that_of_one_whose_number_another_process_has_now()
    {
        Abandon(One);
        Take(Two, alive: [Two, One with { Started = "boot 9" }]).Valid().Dispose();
    }

    [Fact]
    public void A_process_that_cannot_be_asked_may_still_have_it()
    {
        Abandon(One);
        Assert.Contains("process 100", Fault(Take(Two, alive: [Two, One with { Started = "" }])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_that_another_has_by_now_is_left_to_it()
    {
        var first = Take(One, alive: [One]).Valid();
        var second = Take(Two, alive: [Two]).Valid(); // as if the first were gone
        first.Dispose();
        Assert.True(File.Exists(_folder.LockPath));
        second.Dispose();
        Assert.False(File.Exists(_folder.LockPath));
    }

    [Fact]
    public void Of_a_process_on_another_machine_it_cannot_be_known_and_the_file_is_named()
    {
        Abandon(Elsewhere);
        var fault = Fault(Take(Two, alive: [Two]));
        Assert.Contains("process 100 on there is training", fault, StringComparison.Ordinal);
        Assert.Contains($"if that process is gone, delete {_folder.LockPath}", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"Pid\":1")]
    [InlineData("null")]
    [InlineData("[1]")]
    public void A_lock_that_names_nobody_is_taken_over(string content)
    {
        Directory.CreateDirectory(_folder.Path);
        File.WriteAllText(_folder.LockPath, content);
        Take(One, alive: [One]).Valid().Dispose();
    }

    [Fact]
    public void Of_many_that_come_at_once_one_gets_it()
    {
        Abandon(One); // so that each has a lock to take over
        var takers = Enumerable.Range(1000, 32).Select(pid => new LockHolder(pid, "here", "boot 1")).ToArray();
        var taken = new Fin<RunLock>[takers.Length];
        Parallel.For(0, takers.Length, i => taken[i] = Take(takers[i], takers));
        Assert.Equal(1, taken.Count(attempt => attempt.IsSucc));
    }

    [Fact]
    public void This_process_is_alive_by_its_own_account()
    {
        Assert.True(LockHolder.Here.Holds(Environment.MachineName, LockHolder.StartOf));
        Assert.True(LockHolder.StartOf(int.MaxValue).IsNone);
    }

    private Fin<RunLock> Take(LockHolder taker, params LockHolder[] alive) =>
        RunLock.Take(_folder, taker, pid => alive.Where(holder => holder.Pid == pid).Select(holder => holder.Started).HeadOrNone());

    private void Abandon(LockHolder holder)
    {
        Take(holder, alive: [holder]).Valid();
        Assert.True(File.Exists(_folder.LockPath));
    }

    private static string Fault(Fin<RunLock> refused) =>
        refused.Match(Succ: _ => throw new InvalidOperationException("it was not refused"), Fail: fault => fault.Message);
}
